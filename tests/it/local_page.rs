//! `docs/local.md` agrees with the simulator.

use local::simulator::MAGIC_NUMBERS;

const PAGE: &str = include_str!("../../docs/local.md");

#[test]
fn the_page_lists_the_simulators_magic_numbers() {
    let listed: Vec<&str> = PAGE.lines().filter(|line| line.starts_with("| `+120255501")).collect();
    let known: Vec<String> =
        MAGIC_NUMBERS.iter().map(|magic| format!("| `{}` | {} |", magic.phone(), magic.summary)).collect();
    assert_eq!(listed, known);
}
