//! Whole definitions; the modules have the tests of single parts.

mod button;
mod header;
mod parameters;
mod samples;

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

/// The body with these values in place of its first variables.
fn filled(text: &Text, values: &[String]) -> String {
    let names = text.variables().names();
    fill(&text.body, |name| values.get(names.iter().position(|known| known == name)?).map(String::as_str))
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
        assert_eq!(filled(text, &text.samples), example);
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
    let both = ["{{2}}".to_owned(), "10482".to_owned()];
    assert_eq!(filled(text, &both), "Hello, {{2}}! Order #10482. Bye.");
    assert_eq!(filled(text, &["Alexey".to_owned()]), "Hello, Alexey! Order #{{2}}. Bye.");
    assert_eq!(text.variables(), Variables::Positional(2));
}

#[test]
fn the_buttons_of_the_tests_templates_are_placeholders() {
    let definitions = suite_definitions();
    let buttons: Vec<_> =
        definitions.all().iter().flat_map(|it| &it.texts).flat_map(|text| &text.buttons).collect();
    assert_eq!(buttons.len(), 8);
    assert!(buttons.iter().all(|button| button.placeholder().is_some()));
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
        "order_return.toml: colour: is not a key of this table",
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
        ("Hello, {{1}} {{name}} {{2}}. Bye.", "numbered and named variables"),
        ("Hello, {{1}} {{Name}} {{2}}. Bye.", "belong to no variable"),
        ("Hello, {{1}} {{2nd_name}} {{2}}. Bye.", "belong to no variable"),
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
}

#[test]
fn a_footer_has_no_variable() {
    assert!(faults("Thanks", "Thanks, {{1}}").contains("footer: holds a variable"));
}

#[test]
fn the_time_to_live_is_one_that_meta_takes_for_the_category() {
    let with = |category: &str, seconds: &str| {
        let line = format!("category = \"{category}\"\nmessage_send_ttl_seconds = {seconds}\n");
        faults("category = \"UTILITY\"\n", &line)
    };
    for seconds in ["30", "43200", "-1"] {
        assert_eq!(with("UTILITY", seconds), "", "{seconds}");
    }
    for seconds in ["29", "43201", "0", "-2"] {
        let said = with("UTILITY", seconds);
        assert!(
            said.contains(&format!("is {seconds}; a UTILITY template takes 30 to 43200 seconds, or -1")),
            "{said}"
        );
    }
    assert_eq!(with("MARKETING", "43200"), "");
    assert!(with("MARKETING", "30").contains("takes 43200 to 2592000 seconds"));
    assert!(with("MARKETING", "-1").contains("takes 43200 to 2592000 seconds"));
    assert!(
        with("UTILITY", "\"12h\"")
            .contains("is a text, not a whole number; write, for example, message_send_ttl")
    );
    let parsed = parse(&VALID.replace("[texts.en]", "message_send_ttl_seconds = 600\n[texts.en]")).unwrap();
    assert_eq!(parsed.all()[0].time_to_live.map(TimeToLive::seconds), Some(600));
}

/// A send of an order status has no component but the order's.
#[test]
fn an_order_status_template_has_no_part_that_needs_a_value() {
    let status = |text: &str| {
        let file = format!(
            "name = 'order_return'\ncategory = 'UTILITY'\nsub_category = 'ORDER_STATUS'\n[texts.en]\n\
             codes = {{ meta = 'en' }}\n{text}"
        );
        parse(&file).map_or_else(|faults| faults.to_string(), |_| String::new())
    };
    assert_eq!(status("body = 'News.'\nheader = { text = 'Order' }"), "");
    for (text, part) in [
        ("body = 'News of {{1}}.'\nsamples = ['1']", "body"),
        ("body = 'News.'\nheader = { image = 'a.png' }", "header"),
        (
            "body = 'News.'\nbuttons = [{ text = 'See', url = 'https://a.shop/{{1}}', sample = '1' }]",
            "buttons",
        ),
    ] {
        let said = status(text);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(&format!("[texts.en] {part}: needs a value")), "{said}");
    }
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

#[test]
fn the_page_explains_every_key_and_its_example_is_valid() {
    let page = include_str!("../../../docs/message-templates.md");
    for (table, examples) in [
        ("## The keys of a file", &keys::DEFINITION[..]),
        ("## The keys of `[texts.<language>]`", &keys::TEXT),
        ("## The keys of `header`", &keys::HEADER),
        ("## The keys of a button", &keys::BUTTON),
    ] {
        let (_, section) = page.split_once(table).unwrap();
        let section = section.split("\n## ").next().unwrap();
        for (key, _) in examples {
            assert!(section.contains(&format!("\n| `{key}` |")), "{table} has no row for {key}");
        }
    }
    let definition = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    Definitions::parse([("order_shipped.toml", definition)]).unwrap();
}

/// So every example that a fault shows is accepted.
#[test]
fn a_definition_made_of_the_examples_is_valid() {
    let lines = |examples: &[(&str, &str)], kept: &[&str]| -> String {
        let kept = examples.iter().filter(|(key, _)| kept.contains(key));
        kept.map(|(key, value)| [key, " = ", value, "\n"].concat()).collect()
    };
    let all =
        |examples: &[(&'static str, &str)]| -> Vec<&str> { examples.iter().map(|(key, _)| *key).collect() };
    let head = lines(&keys::DEFINITION, &["name", "category", "message_send_ttl_seconds"]);
    let whole = head.clone() + &lines(&keys::DEFINITION, &["texts"]);
    let with_parts = format!("{head}[texts.en]\n{}", lines(&keys::TEXT, &all(&keys::TEXT)));
    let buttons: Vec<String> = [&["url", "sample"][..], &["quick_reply"], &["code"], &["phone"]]
        .into_iter()
        .map(|kept| {
            let text = if kept == ["code"] { "" } else { "text" };
            format!("[[texts.en.buttons]]\n{}", lines(&keys::BUTTON, &[kept, &[text]].concat()))
        })
        .collect();
    // Quick replies stand together.
    let buttons = [&buttons[0], &buttons[2], &buttons[3], &buttons[1]].map(String::as_str).concat();
    let by_header =
        [&["text", "sample"][..], &["image"], &["video"], &["document"], &["location"]].map(|kept| {
            format!(
                "{head}[texts.en]\n{}[texts.en.header]\n{}{buttons}",
                lines(&keys::TEXT, &["codes", "body", "samples"]),
                lines(&keys::HEADER, kept)
            )
        });
    let order_status = format!(
        "{}[texts.en]\ncodes = {{ meta = \"en\" }}\nbody = \"News.\"\n",
        lines(&keys::DEFINITION, &["name", "category", "sub_category"])
    );
    for text in by_header.into_iter().chain([whole, with_parts, order_status]) {
        if let Err(faults) = Definitions::parse([("order_cancelled.toml", text.as_str())]) {
            panic!("{faults}\nin\n{text}");
        }
    }
}
