//! `docs/local.md` agrees with the simulator.

use local::simulator::MAGIC_NUMBERS;
use local::simulator::aws::AWS_MAGIC_NUMBERS;

const PAGE: &str = include_str!("../../docs/local.md");

#[test]
fn the_page_lists_the_simulators_magic_numbers() {
    let listed: Vec<&str> = PAGE.lines().filter(|line| line.starts_with("| `+120255501")).collect();
    let row = |phone: String, summary: &str| format!("| `{phone}` | {summary} |");
    let known = MAGIC_NUMBERS.iter().map(|magic| row(magic.phone(), magic.summary));
    let of_text_messages = AWS_MAGIC_NUMBERS.iter().map(|magic| row(magic.phone(), magic.summary));
    assert_eq!(listed, known.chain(of_text_messages).collect::<Vec<_>>());
}
