use super::*;

/// The definitions of the tests' own templates.
pub(crate) fn suite_definitions() -> Definitions {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/shop/message-templates");
    Definitions::load(Path::new(folder)).unwrap()
}

const VALID: &str = r#"
name     = "order_return"
category = "UTILITY"
[texts.en]
codes   = { onemsg = "en", meta = "en_US" }
body    = 'Hello, {{1}}! Order #{{2}}. Bye.'
footer  = "Thanks"
samples = ["Alexey", "10482"]
[[texts.en.buttons]]
text = "Details"
url  = "https://shop.example/orders"
"#;

fn parse(text: &str) -> Result<Definitions, Faults> {
    Definitions::parse([("order_return.toml", text)])
}

/// The faults of the valid definition after one change.
#[track_caller]
fn faults(from: &str, to: &str) -> String {
    assert!(VALID.contains(from), "{from}");
    parse(&VALID.replacen(from, to, 1)).map_or_else(|faults| faults.to_string(), |_| String::new())
}

#[test]
fn the_english_texts_with_their_samples_are_the_examples_of_the_use_case_pages() {
    let definitions = suite_definitions();
    for (name, example) in [
        (
            "order_return",
            r#"Hello, Alexey! A return has been initiated for order #10482 for "Wireless headphones". Return the item to the drop-off point by July 5. Refund within 5–7 business days after inspection."#,
        ),
        (
            "order_cancelled",
            r#"Hello, Alexey! Order #10482 for "Wireless headphones" has been cancelled. Payment will be refunded within 3–5 business days to the card used for the order."#,
        ),
        (
            "stock_arrived",
            r#"Hello, Alexey! For order #10482, item "Wireless headphones" is now in stock. We can start picking today — confirm shipment using the link below."#,
        ),
    ] {
        let text = definitions.find(Provider::OneMsg, name, &Language::new("en")).unwrap();
        assert_eq!(text.fill(&text.samples), example);
    }
}

#[test]
fn a_text_is_found_by_the_providers_language_code() {
    let definitions = suite_definitions();
    let find = |provider, template, code| definitions.find(provider, template, &Language::new(code));
    for (provider, code, found) in [
        (Provider::OneMsg, "en", true),
        (Provider::OneMsg, "en_US", false),
        (Provider::Meta, "en_US", true),
        (Provider::Kaleyra, "es", true),
        (Provider::Kaleyra, "pt_BR", false),
    ] {
        assert_eq!(find(provider, "order_return", code).is_some(), found, "{provider} {code}");
    }
    assert!(find(Provider::Meta, "order_status", "es").is_some());
    assert!(find(Provider::OneMsg, "order_status", "es").is_none());
    assert!(find(Provider::Meta, "no_such_template", "es").is_none());
}

#[test]
fn a_value_that_looks_like_a_variable_is_not_replaced() {
    let definitions = parse(VALID).unwrap();
    let text = &definitions.all()[0].texts[0];
    let filled = text.fill(&["{{2}}".to_owned(), "10482".to_owned()]);
    assert_eq!(filled, "Hello, {{2}}! Order #10482. Bye.");
    assert_eq!(text.fill(&["Alexey".to_owned()]), "Hello, Alexey! Order #{{2}}. Bye.");
    assert_eq!(text.variables(), 2);
}

#[test]
fn addresses_with_a_reserved_host_are_placeholders() {
    for (url, is_placeholder) in [
        ("https://shop.example/orders", true),
        ("https://example.com", true),
        ("https://www.example.org/x", true),
        ("https://shop.invalid", true),
        ("https://myexample.com", false),
        ("https://example.shop", false),
        ("https://shop.com/example", false),
        ("https://192.0.2.1/", false),
    ] {
        let button = Button { text: "x".to_owned(), url: url.parse().unwrap() };
        assert_eq!(button.is_placeholder(), is_placeholder, "{url}");
    }
}

#[test]
fn the_buttons_of_the_tests_templates_are_placeholders() {
    let definitions = suite_definitions();
    let buttons: Vec<_> =
        definitions.all().iter().flat_map(|it| &it.texts).flat_map(|text| &text.buttons).collect();
    assert_eq!(buttons.len(), 6);
    assert!(buttons.iter().all(|button| button.is_placeholder()));
}

#[test]
fn a_valid_definition_has_no_faults() {
    parse(VALID).unwrap();
}

#[test]
fn all_faults_are_reported_at_once_each_with_its_place() {
    let text = r#"
        name = "Order Return"
        category = "OTHER"
        colour = "red"
        [texts.en]
        codes = { onemsg = "english", viber = "en" }
        body = "{{1}} and {{3}}"
        samples = ["a"]
        [[texts.en.buttons]]
        text = "A text that no button can hold"
        url = "http://shop.example"
    "#;
    let error = parse(text).unwrap_err().to_string();
    for place in [
        "order_return.toml: name: is \"Order Return\"; only a to z",
        "order_return.toml: name: is \"Order Return\", which is not the file's name",
        "order_return.toml: category: is \"OTHER\"; it may be UTILITY or MARKETING",
        "order_return.toml: colour: is not a key",
        "order_return.toml: [texts.en] codes.onemsg: is not a language code",
        "order_return.toml: [texts.en] codes.viber: unknown provider",
        "order_return.toml: [texts.en] body: has variables that are not {{1}}, {{2}}",
        "order_return.toml: [texts.en] body: begins or ends with a variable",
        "order_return.toml: [texts.en] samples: are 1, and the body has 3 variables",
        "order_return.toml: [texts.en] buttons[0] text: is longer than 25 characters",
        "order_return.toml: [texts.en] buttons[0] url: is not an address that begins with https://",
    ] {
        assert!(error.contains(place), "{place}\nnot in\n{error}");
    }
}

#[test]
fn variables_count_from_one_without_a_gap() {
    for body in ["a {{0}} b {{1}} c", "a {{2}} b", "a {{1}} b {{3}} c", "a {{0}} b {{2}} c"] {
        assert!(faults("Hello, {{1}}! Order #{{2}}. Bye.", body).contains("without a gap"), "{body}");
    }
    assert_eq!(faults("Hello, {{1}}! Order #{{2}}. Bye.", "To {{2}} from {{1}}, and {{2}} again."), "");
}

#[test]
fn a_body_that_meta_refuses_has_a_fault() {
    let body = "Hello, {{1}}! Order #{{2}}. Bye.";
    for (changed, problem) in [
        ("{{1}}! Order #{{2}}. Bye.", "begins or ends"),
        ("Hello, {{1}}! Order {{2}}", "begins or ends"),
        ("Hello, {{1}}{{2}}! Bye.", "nothing between"),
        ("Hello, {{1}} {{name}} {{2}}. Bye.", "belong to no variable"),
        ("Hello, {{1}} {{ 3 }} {{2}}. Bye.", "belong to no variable"),
        ("Hello, {{1}} }} {{2}}. Bye.", "belong to no variable"),
    ] {
        assert!(faults(body, changed).contains(problem), "{changed}: {}", faults(body, changed));
    }
    assert_eq!(faults(body, "Hello, {{1}}! Order #{{2}}."), "", "the use-case pages' texts end so");
}

#[test]
fn a_value_at_its_limit_is_accepted_and_one_beyond_it_is_a_fault() {
    let words = |chars: usize| "é".repeat(chars);
    let body = |chars: usize| words(chars - "{{1}}{{2}}__".len()) + "{{1}}_{{2}}_";
    let long_body = |chars: usize| faults("Hello, {{1}}! Order #{{2}}. Bye.", &body(chars));
    // The samples are longer than the variables by one character.
    assert_eq!(long_body(1023), "");
    assert!(long_body(1024).contains("fill the body to more than 1024"));
    assert!(!long_body(1024).contains("body: is longer"));
    assert!(long_body(1025).contains("body: is longer than 1024"));
    assert_eq!(faults("Thanks", &words(60)), "");
    assert!(faults("Thanks", &words(61)).contains("footer: is longer than 60"));
    assert_eq!(faults("\"Details\"", &format!("{:?}", words(25))), "");
    assert!(faults("\"Details\"", &format!("{:?}", words(26))).contains("longer than 25"));
    let url =
        |chars: usize| format!("https://shop.example/{}", "o".repeat(chars - "https://shop.example/".len()));
    assert_eq!(faults("https://shop.example/orders", &url(2000)), "");
    assert!(faults("https://shop.example/orders", &url(2001)).contains("longer than 2000"));
    let with_name = |chars: usize| {
        let name = "n".repeat(chars);
        Definitions::parse([(format!("{name}.toml").as_str(), VALID.replace("order_return", &name).as_str())])
            .map_or_else(|faults| faults.to_string(), |_| String::new())
    };
    assert_eq!(with_name(512), "");
    assert!(with_name(513).contains("longer than 512"));
    let button = "[[texts.en.buttons]]\ntext = \"x\"\nurl = \"https://shop.example\"\n";
    assert_eq!(faults("[[texts.en.buttons]]", &format!("{button}[[texts.en.buttons]]")), "");
    assert!(
        faults("[[texts.en.buttons]]", &format!("{button}{button}[[texts.en.buttons]]"))
            .contains("more than 2")
    );
}

#[test]
fn every_variable_has_one_sample_that_could_be_sent() {
    let samples = r#"["Alexey", "10482"]"#;
    assert!(faults(samples, r#"["Alexey"]"#).contains("are 1, and the body has 2"));
    assert!(faults(samples, r#"["Alexey", "10482."]"#).contains("two full stops"));
    assert!(faults(samples, r#"["Alexey", "10\n482"]"#).contains("line break"));
}

#[test]
fn footers_and_urls_have_no_variables() {
    assert!(faults("Thanks", "Thanks, {{1}}").contains("footer: holds a variable"));
    assert!(faults("/orders", "/orders/{{1}}").contains("a send has no value for it"));
}

#[test]
fn two_texts_cannot_share_a_language_code() {
    let second = "[texts.es]\ncodes = { meta = \"en_US\" }\nbody = \"Hola, amigo.\"\n[texts.en]";
    let error = faults("[texts.en]", second);
    assert!(error.contains("codes.meta: is \"en_US\", which another text has too"), "{error}");
    assert!(
        faults(r#"{ onemsg = "en", meta = "en_US" }"#, "{}").contains("no provider would have this text")
    );
}

#[test]
fn one_msg_has_no_order_status_template() {
    let with = |word: &str| faults("[texts.en]", &format!("sub_category = \"{word}\"\n[texts.en]"));
    assert!(with("ORDER_STATUS").contains("1MSG documents no order_status"));
    assert!(with("ORDER_DETAILS").contains("it may be ORDER_STATUS"));
}

#[test]
fn a_file_that_is_not_toml_is_reported_with_the_line() {
    let error = parse("name = \"order_return\"\ncategory = \n").unwrap_err().to_string();
    assert!(error.contains("order_return.toml: is not TOML: line 2"), "{error}");
    assert!(
        parse("name = 'order_return'\ncategory = 'UTILITY'\n[texts]")
            .unwrap_err()
            .to_string()
            .contains("is empty")
    );
    let error =
        parse("name = 'order_return'\ncategory = 'UTILITY'\n[texts]\nen = 1").unwrap_err().to_string();
    assert!(error.contains("[texts.en]: is not a table"), "{error}");
}

#[test]
fn the_error_names_a_missing_folder() {
    let error = Definitions::load(Path::new("no/such/folder")).unwrap_err();
    assert!(error.to_string().contains("no/such/folder can't be read"), "{error}");
}

#[test]
fn a_missing_value_or_one_of_the_wrong_type_is_reported_with_an_example() {
    for (from, to, write) in [
        ("category = \"UTILITY\"\n", "", "category = \"UTILITY\""),
        ("\"Details\"", "7", "text = \"Order details\""),
        ("samples = [\"Alexey\", \"10482\"]", "samples = \"Alexey\"", "samples = [\"Alexey\", \"10482\"]"),
        ("{ onemsg = \"en\", meta = \"en_US\" }", "\"en\"", "codes = { onemsg"),
    ] {
        let error = faults(from, to);
        assert!(error.contains(&format!("; write, for example, {write}")), "{to}: {error}");
    }
    let error = parse("name = 'order_return'\ncategory = 'UTILITY'").unwrap_err().to_string();
    assert!(error.contains("texts: is missing; write, for example, texts = { en = {"), "{error}");
}

/// So every example that a fault shows is accepted.
#[test]
fn a_definition_made_of_the_examples_is_valid() {
    let lines = |examples: &[(&str, &str)], left_out: &[&str]| -> String {
        let kept = examples.iter().filter(|(key, _)| !left_out.contains(key));
        kept.map(|(key, value)| [key, " = ", value, "\n"].concat()).collect()
    };
    let whole = lines(&keys::DEFINITION, &["sub_category"]);
    let by_text = format!(
        "{}[texts.en]\n{}[[texts.en.buttons]]\n{}",
        lines(&keys::DEFINITION, &["sub_category", "texts"]),
        lines(&keys::TEXT, &["buttons"]),
        lines(&keys::BUTTON, &[])
    );
    let with_buttons = format!(
        "{}[texts.en]\n{}",
        lines(&keys::DEFINITION, &["sub_category", "texts"]),
        lines(&keys::TEXT, &[])
    );
    let for_order_status = lines(&keys::DEFINITION, &[]);
    for text in [whole, by_text, with_buttons, for_order_status] {
        if let Err(faults) = Definitions::parse([("order_cancelled.toml", text.as_str())]) {
            panic!("{faults}\nin\n{text}");
        }
    }
}
