//! Runs the program as a process: the size check, as in `.ci/run`.

use std::process::Command;

#[test]
fn budget_prints_the_sizes_and_fails_if_a_function_is_missing() {
    let folder = std::env::temp_dir().join(format!("budget-{}", std::process::id()));
    let functions =
        ["DeliveryEvents", "DeliverySweeper", "DeliveryWebhook", "OrderNotifier", "StatusPublisher"];
    for function in functions {
        std::fs::create_dir_all(folder.join(function)).unwrap();
        std::fs::write(folder.join(function).join("bootstrap"), "small").unwrap();
    }
    let budget = || Command::new(env!("CARGO_BIN_EXE_bench")).arg("budget").arg(&folder).output().unwrap();

    let output = budget();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    for function in functions {
        assert!(shown.contains(&format!("{function}: binary 0.00 MB of ")), "{shown}");
    }
    std::fs::remove_file(folder.join("OrderNotifier/bootstrap")).unwrap();
    assert_eq!(budget().status.code(), Some(1));
    std::fs::remove_dir_all(folder).unwrap();
}
