//! `docs/local.md` says what the simulator does.

use local::simulator::MAGIC_NUMBERS;

const PAGE: &str = include_str!("../../docs/local.md");

#[test]
fn the_page_lists_every_magic_number_as_the_simulator_knows_it() {
    let listed: Vec<&str> = PAGE.lines().filter(|line| line.starts_with("| `+120255501")).collect();
    let known: Vec<String> =
        MAGIC_NUMBERS.iter().map(|magic| format!("| `{}` | {} |", magic.phone(), magic.summary)).collect();
    assert_eq!(listed, known);
}
