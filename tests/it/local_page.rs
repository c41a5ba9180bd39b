//! The README says what is so.

use local::simulator::MAGIC_NUMBERS;

const README: &str = include_str!("../../README.md");

#[test]
fn the_readme_lists_every_magic_number_as_the_simulator_knows_it() {
    let listed: Vec<&str> = README.lines().filter(|line| line.starts_with("| `+120255501")).collect();
    let known: Vec<String> =
        MAGIC_NUMBERS.iter().map(|magic| format!("| `{}` | {} |", magic.phone(), magic.summary)).collect();
    assert_eq!(listed, known);
}
