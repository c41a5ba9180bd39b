//! The operations guide has a chapter for every alarm, commands with valid shell syntax, and correct sums.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::document::{OPERATIONS, chapter, rows};
use crate::template::{resources, template};
use crate::units::HEADING as UNITS;

const ALARMS: &str = "## Alarms";
const COST: &str = "## Cost of a million messages";

#[test]
fn every_alarm_has_its_chapter_and_every_chapter_its_alarm() {
    let text = chapter(ALARMS).join("\n");
    let chapters: Vec<(&str, &str)> =
        text.split("\n### ").skip(1).map(|chapter| chapter.split_once('\n').unwrap()).collect();
    let headed: BTreeSet<&str> = chapters.iter().map(|(heading, _)| *heading).collect();
    assert_eq!(headed.len(), chapters.len(), "a heading stands twice");
    let alarms = resources(&template(), "AWS::CloudWatch::Alarm");
    assert_eq!(headed, alarms.keys().map(String::as_str).collect());
    for (heading, chapter) in chapters {
        for part in ["**Means**: ", "**Do**: "] {
            assert_eq!(chapter.matches(part).count(), 1, "{heading}: {part}");
        }
    }
}

#[test]
fn every_command_can_be_read_by_a_shell() {
    let blocks: Vec<&str> = OPERATIONS.split("```sh\n").skip(1).collect();
    assert!(blocks.len() > 20);
    for block in blocks {
        let script = block.split("```").next().unwrap();
        let mut shell =
            Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let read = shell.wait_with_output().unwrap();
        assert!(read.status.success(), "{script}\n{}", String::from_utf8_lossy(&read.stderr));
    }
}

#[test]
fn every_output_that_a_command_names_is_one_of_the_stack() {
    let template = template();
    let outputs = template["Outputs"].as_object().unwrap();
    let named =
        ["$(output ", "$(kept ", "; output "].into_iter().flat_map(|call| OPERATIONS.split(call).skip(1));
    let named: BTreeSet<&str> = named
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(named.len() > 10, "{named:?}");
    let unknown: Vec<_> = named.iter().filter(|name| !outputs.contains_key(**name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// The cells of a table's row, without emphasis.
fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().replace("**", "")).collect()
}

/// Checks that quantity times price is the amount, and that the amounts add up to the last row.
fn adds_up(rows: &[&str]) {
    let cents = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round();
    let (last, others) = rows.split_last().unwrap();
    let mut together = 0.0;
    for row in others {
        let cells = cells(row);
        let [quantity, price] = [1, 2].map(|column: usize| cells[column].parse::<f64>().unwrap());
        let amount = cents(&cells[3]);
        assert!((quantity * price * 100.0 - amount).abs() <= 0.5 + 1e-6, "{row}: {}", quantity * price);
        together += amount;
    }
    assert!((cents(&cells(last)[3]) - together).abs() < 0.5, "{last}: {together}");
}

#[test]
fn the_cost_is_the_sum_of_what_it_is_made_of() {
    let a_message = rows(COST);
    adds_up(&a_message);
    let each_month = chapter(COST).into_iter().skip_while(|line| !line.starts_with("| each month"));
    let each_month: Vec<&str> = each_month.take_while(|line| line.starts_with('|')).skip(2).collect();
    adds_up(&each_month);
    let alarmed =
        each_month.iter().map(|row| cells(row)).find(|row| row[0].contains("alarms look at")).unwrap();
    assert_eq!(alarmed[1], resources(&template(), "AWS::CloudWatch::Alarm").len().to_string());

    let counted = rows(UNITS).into_iter().map(cells);
    let counted =
        counted.into_iter().find(|row| row[0] == "accepted, sent, delivered, read" && row[1] == "meta");
    let counted = counted.unwrap();
    let units: f64 = [5, 6].map(|column: usize| counted[column].parse::<f64>().unwrap()).iter().sum();
    let write_units =
        a_message.iter().map(|row| cells(row)).find(|row| row[0].contains("write request units"));
    assert_eq!(write_units.unwrap()[1], units.to_string());
}
