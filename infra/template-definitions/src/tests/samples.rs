use super::*;

const NAMED: &str = "Hello, {{customer_name}}! Order #{{order_number}}, {{customer_name}}. Bye.";
const NAMED_SAMPLES: &str = r#"{ order_number = "10482", customer_name = "Alexey" }"#;
const POSITIONAL_SAMPLES: &str = r#"["Alexey", "10482"]"#;

/// The faults of a body with named variables and these samples.
fn named(samples: &str) -> String {
    let text = VALID.replace("Hello, {{1}}! Order #{{2}}. Bye.", NAMED).replace(POSITIONAL_SAMPLES, samples);
    parse(&text).map_or_else(|faults| faults.to_string(), |_| String::new())
}

#[test]
fn every_variable_has_one_sample_that_could_be_sent() {
    assert!(faults(POSITIONAL_SAMPLES, r#"["Alexey"]"#).contains("are 1, and the body has 2"));
    assert!(faults(POSITIONAL_SAMPLES, r#"["Alexey", "10482."]"#).contains("two full stops"));
    assert!(faults(POSITIONAL_SAMPLES, r#"["Alexey", "10\n482"]"#).contains("line break"));
    assert!(faults("samples = [\"Alexey\", \"10482\"]\n", "").contains("are 0, and the body has 2"));
    assert!(faults("samples = [\"Alexey\", \"10482\"]", "samples = 7").contains("not a list of texts"));
}

#[test]
fn named_variables_have_their_samples_in_a_table() {
    assert_eq!(named(NAMED_SAMPLES), "");
    let definitions = parse(
        &VALID.replace("Hello, {{1}}! Order #{{2}}. Bye.", NAMED).replace(POSITIONAL_SAMPLES, NAMED_SAMPLES),
    )
    .unwrap();
    let text = &definitions.all()[0].texts[0];
    let names = ["customer_name".to_owned(), "order_number".to_owned()];
    assert_eq!(text.variables(), Variables::Named(names.into()), "each once");
    assert_eq!(text.samples, ["Alexey", "10482"], "in the order of the variables");
    assert!(text.has_names());
    assert_eq!(filled(text, &text.samples), "Hello, Alexey! Order #10482, Alexey. Bye.");
}

#[test]
fn a_table_of_samples_that_does_not_fit_is_a_fault() {
    for (samples, problem) in [
        (
            POSITIONAL_SAMPLES,
            r#"samples: are no table, and the body has named variables: write { customer_name = "…", order_number = "…" }"#,
        ),
        (r#"{ customer_name = "Alexey" }"#, "samples: have no text for order_number"),
        (
            r#"{ customer_name = "Alexey", order_number = " " }"#,
            "samples: have an empty text for order_number",
        ),
        (
            r#"{ customer_name = "Alexey", order_number = "1", order = "1" }"#,
            "samples: name order, which is no variable of the body",
        ),
        (r#"{ customer_name = "Ale\txey", order_number = "1" }"#, "samples: hold a line break or a tab"),
        (r#"{ customer_name = "Alexey.", order_number = "1" }"#, "two full stops in a row"),
    ] {
        let said = named(samples);
        assert!(said.contains(problem) && said.lines().count() == 1, "{problem}\nnot in\n{said}");
    }
    assert!(
        faults(POSITIONAL_SAMPLES, NAMED_SAMPLES).contains("are a table, which belongs to named variables")
    );
}

#[test]
fn header_and_body_have_variables_of_one_kind() {
    let with_header = |header: &str| faults("body    =", &format!("header = {{ {header} }}\nbody ="));
    assert_eq!(with_header("text = 'Order {{1}}', sample = '1'"), "");
    let said = with_header("text = 'Order {{order_number}}', sample = '1'");
    assert!(
        said.contains("[texts.en] header text: has numbered variables where the body has named ones"),
        "{said}"
    );
}
