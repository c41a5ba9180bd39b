//! Whether a catalogue gives what whole templates take.

use domain::catalogue::Catalogue;

use super::*;

const BODY: &str = "body = 'News.'";

/// What is wrong between a notification's `header`, `body` and `buttons`, and the parts of a template's text: each problem
/// with what to write.
fn disagreements(catalogue: &str, text: &str) -> Vec<(String, String)> {
    let catalogue = format!(
        "[notifications.n]\nsource = ['s']\ndetail_type = ['d']\norder = 'o'\nrecipient = 'r'\nconsent = 'c'\n\
         max_age = '3d'\nproviders = ['kaleyra', 'meta']\n{catalogue}\n[notifications.n.templates]\n\
         kaleyra = {{ name = 'order_return', languages = ['en', 'es'] }}\n\
         meta = {{ name = 'order_return', languages = ['en', 'es'] }}"
    );
    let definition = format!(
        "name = 'order_return'\ncategory = 'UTILITY'\n[texts.en]\ncodes = {{ kaleyra = 'en', meta = 'en' }}\n{text}\n\
         [texts.es]\ncodes = {{ kaleyra = 'es', meta = 'es' }}\n{text}"
    );
    let catalogue = Catalogue::parse("n.toml", &catalogue).unwrap();
    let found = parse(&definition).unwrap().disagreements(&catalogue);
    assert!(found.iter().all(|it| it.kind == DisagreementKind::Filling), "{found:?}");
    found.into_iter().map(|it| (it.fault.to_string(), it.write.unwrap_or_default())).collect()
}

#[test]
fn a_catalogue_that_gives_every_part_agrees() {
    let text = "header = { text = 'Order {{number}}', sample = '1' }\nbody = 'Hello, {{name}}!'\nsamples = { name = 'A' }\n\
                buttons = [{ text = 'Orders', url = 'https://a.shop' }, { text = 'Track', url = 'https://a.shop/{{1}}', sample \
                = '1' }, { code = 'SAVE' }, { text = 'Yes', quick_reply = true }, { text = 'No', quick_reply = true }]";
    let given = "header = { text = { number = 'a' } }\nbody = { name = 'b' }\nbuttons = [{ index = 3, payload = 'p' }, \
                 { index = 1, url = 'u' }, { index = 2, code = 'c' }]";
    assert_eq!(disagreements(given, text), []);
    for (given, text) in [
        ("header = { image = 'a' }", "header = { image = 'a.png' }"),
        ("header = { video = 'a' }", "header = { video = 'a.mp4' }"),
        ("header = { document = 'a', filename = 'b' }", "header = { document = 'a.pdf' }"),
        ("header = { location = { latitude = 'a', longitude = 'b' } }", "header = { location = true }"),
        ("header = { text = 'a' }", "header = { text = 'Order {{1}}', sample = '1' }"),
        ("body = []", "header = { text = 'Order' }"),
    ] {
        assert_eq!(disagreements(given, &format!("{text}\n{BODY}")), [], "{given}");
    }
}

#[test]
fn every_part_that_is_not_given_as_it_is_taken_is_one_fault_with_what_to_write() {
    let url = "buttons = [{ text = 'Track', url = 'https://a.shop/{{1}}', sample = '1' }]";
    let fixed = "buttons = [{ text = 'Orders', url = 'https://a.shop' }]";
    let named = "body = 'Hello, {{name}} {{surname}}!'\nsamples = { name = 'A', surname = 'B' }";
    let numbered = "body = 'Hello, {{1}}!'\nsamples = ['A']";
    let with_body = |part: &str| format!("{part}\n{BODY}");
    for (given, text, problem, write) in [
        (
            "body = []",
            with_body("header = { image = 'a.png' }"),
            "header: is missing, and the header of order_return takes an image",
            "header = { image = \"…\" }",
        ),
        (
            "header = { image = 'a' }",
            with_body("header = { text = 'Order' }"),
            "header: gives an image, and order_return has no header that takes a value",
            "no header",
        ),
        (
            "header = { image = 'a' }",
            with_body("header = { document = 'a.pdf' }"),
            "header: gives an image, and the header of order_return takes a document",
            "header = { document = \"…\", filename = \"…\" }",
        ),
        (
            "header = { text = 'a' }",
            with_body("header = { text = 'Order {{number}}', sample = '1' }"),
            "header: gives a text for {{1}}, and the header of order_return takes a text for {{number}}",
            "header = { text = { number = \"…\" } }",
        ),
        (
            "header = { text = { other = 'a' } }",
            with_body("header = { text = 'Order {{1}}', sample = '1' }"),
            "header: gives a text for {{other}}, and the header of order_return takes a text for {{1}}",
            "header = { text = \"…\" }",
        ),
        (
            "body = []",
            numbered.to_owned(),
            "body: fills 0 variables of order_return, which has 1",
            "body = [\"…\"]",
        ),
        (
            "body = { name = 'a' }",
            numbered.to_owned(),
            "body: is a table, and order_return has numbered variables: {{1}}",
            "body = [\"…\"]",
        ),
        (
            "body = { name = 'a' }",
            BODY.to_owned(),
            "body: gives values, and order_return has no variables",
            "body = []",
        ),
        (
            "body = ['a', 'b']",
            named.to_owned(),
            "body: is a list, and order_return has named variables: {{name}}, {{surname}}",
            "body = { name = \"…\", surname = \"…\" }",
        ),
        (
            "body = { name = 'a' }",
            named.to_owned(),
            "body: gives nothing for {{surname}} of order_return",
            "body = { name = \"…\", surname = \"…\" }",
        ),
        (
            "body = { name = 'a', surname = 'b', age = 'c' }",
            named.to_owned(),
            "body: gives age, which is no variable of order_return",
            "body = { name = \"…\", surname = \"…\" }",
        ),
        (
            "body = []",
            with_body(url),
            "buttons: give button 0 nothing, and the one of order_return takes a url",
            "buttons = [{ index = 0, url = \"…\" }]",
        ),
        (
            "buttons = [{ index = 0, url = 'u' }]",
            with_body(fixed),
            "buttons: give button 0 a url, and the one of order_return is the same in every message",
            "no buttons",
        ),
        (
            "buttons = [{ index = 0, url = 'u' }, { index = 4, payload = 'p' }]",
            with_body(url),
            "buttons: give button 4 a payload, and order_return has 1 (the first is button 0)",
            "buttons = [{ index = 0, url = \"…\" }]",
        ),
    ] {
        let expected = (format!("[notifications.n] {problem}"), write.to_owned());
        assert_eq!(disagreements(given, &text), [expected], "{given}");
    }
    let other = disagreements("buttons = [{ index = 0, code = 'c' }]", &with_body(url));
    let problems: Vec<&str> = other.iter().map(|(problem, _)| problem.as_str()).collect();
    assert_eq!(
        problems,
        ["[notifications.n] buttons: give button 0 a code, and the one of order_return takes a url"]
    );
}

#[test]
fn an_order_and_the_button_that_opens_it_belong_together() {
    let order = "body = []\norder_details = { reference_id = 'r', type = 'digital-goods', currency = 'INR', amounts = 'minor', \
                 items = { list = 'l', name = 'n', amount = 'a', quantity = 'q' }, payment = { payment_configuration = 'c' } }";
    let button = format!("{BODY}\nbuttons = [{{ text = 'Pay', order_details = true }}]");
    assert_eq!(disagreements(order, &button), []);
    for (given, text, problem, write) in [
        (
            order,
            BODY,
            "order_details: gives an order, and button 0 of order_return opens none",
            "no order_details",
        ),
        (
            "body = []",
            &button,
            "order_details: is missing, and button 0 of order_return opens an order",
            "order_details = { … }",
        ),
    ] {
        let expected = (format!("[notifications.n] {problem}"), write.to_owned());
        assert_eq!(disagreements(given, text), [expected]);
    }
}
