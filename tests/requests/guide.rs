//! `docs/operations.md` has a chapter for every alarm, commands with valid shell syntax, and correct sums.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::document::{OPERATIONS, chapter, rows};
use crate::template::{resources, template};
use crate::units::HEADING as UNITS;

const ALARMS: &str = "## Alarms";
const COST: &str = "## Cost of a million messages";

#[test]
fn every_alarm_has_a_chapter_and_every_chapter_an_alarm() {
    let text = chapter(ALARMS).join("\n");
    let chapters: Vec<(&str, &str)> =
        text.split("\n### ").skip(1).map(|chapter| chapter.split_once('\n').unwrap()).collect();
    let headings: BTreeSet<&str> = chapters.iter().map(|(heading, _)| *heading).collect();
    assert_eq!(headings.len(), chapters.len(), "two chapters have the same heading");
    let alarms = resources(&template(), "AWS::CloudWatch::Alarm");
    assert_eq!(headings, alarms.keys().map(String::as_str).collect());
    for (heading, chapter) in chapters {
        for part in ["**Means**: ", "**Do**: "] {
            assert_eq!(chapter.matches(part).count(), 1, "{heading}: {part}");
        }
    }
}

#[test]
fn every_command_has_valid_shell_syntax() {
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
fn every_output_in_a_command_is_an_output_of_the_stack() {
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

/// Checks that each amount is quantity times price, and that the last row is the sum of the amounts.
fn check_sum(rows: &[&str]) {
    let cents = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round();
    let (last, others) = rows.split_last().unwrap();
    let mut sum = 0.0;
    for row in others {
        let cells = cells(row);
        let [quantity, price] = [1, 2].map(|column: usize| cells[column].parse::<f64>().unwrap());
        let amount = cents(&cells[3]);
        assert!((quantity * price * 100.0 - amount).abs() <= 0.5 + 1e-6, "{row}: {}", quantity * price);
        sum += amount;
    }
    assert!((cents(&cells(last)[3]) - sum).abs() < 0.5, "{last}: {sum}");
}

#[test]
fn the_costs_are_correct_sums_of_the_counted_units_and_alarms() {
    let message = rows(COST);
    check_sum(&message);
    let monthly = chapter(COST).into_iter().skip_while(|line| !line.starts_with("| each month"));
    let monthly: Vec<&str> = monthly.take_while(|line| line.starts_with('|')).skip(2).collect();
    check_sum(&monthly);
    let alarmed = monthly.iter().map(|row| cells(row)).find(|row| row[0].contains("alarms look at")).unwrap();
    assert_eq!(alarmed[1], resources(&template(), "AWS::CloudWatch::Alarm").len().to_string());

    let counted = rows(UNITS).into_iter().map(cells);
    let counted =
        counted.into_iter().find(|row| row[0] == "accepted, sent, delivered, read" && row[1] == "meta");
    let counted = counted.unwrap();
    let units: f64 = [7, 8].map(|column: usize| counted[column].parse::<f64>().unwrap()).iter().sum();
    let write_units = message.iter().map(|row| cells(row)).find(|row| row[0].contains("write request units"));
    assert_eq!(write_units.unwrap()[1], units.to_string());
}
