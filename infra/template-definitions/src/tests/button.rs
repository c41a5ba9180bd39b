use super::*;

const URL: &str = "{ text = 'See', url = 'https://a.shop/' }";
const REPLY: &str = "{ text = 'Yes', quick_reply = true }";
const CODE: &str = "{ code = 'SAVE10' }";
const PHONE: &str = "{ text = 'Call us', phone = '+12025550100' }";

/// The buttons of a definition with these.
fn with_buttons(buttons: &[&str]) -> Result<Vec<Button>, String> {
    let (before, _) = VALID.split_once("[[texts.en.buttons]]").unwrap();
    let text = format!("{before}buttons = [{}]\n", buttons.join(", "));
    let mut definitions = parse(&text).map_err(|faults| faults.to_string())?;
    Ok(definitions.0.remove(0).texts.remove(0).buttons)
}

#[test]
fn every_kind_of_button_is_read() {
    let suffix = "{ text = 'Track', url = 'https://a.shop/track?n={{1}}', sample = '10482' }";
    let buttons = with_buttons(&[URL, suffix, CODE, PHONE, REPLY]).unwrap();
    let [fixed, track, code, phone, reply] = buttons.try_into().unwrap();
    assert!(matches!(&fixed, Button::Url { url, sample: None, .. } if !url.takes_suffix()));
    let Button::Url { text, url, sample } = &track else { panic!("{track:?}") };
    assert_eq!((text.as_str(), sample.as_deref()), ("Track", Some("10482")));
    assert_eq!(url.to_string(), "https://a.shop/track?n={{1}}");
    assert_eq!(url.with_suffix("7"), "https://a.shop/track?n=7");
    assert_eq!(code, Button::CopyCode { sample: "SAVE10".to_owned() });
    assert_eq!(code.label(), "Copy offer code", "WhatsApp's own");
    assert_eq!(phone, Button::Phone { text: "Call us".to_owned(), number: "+12025550100".to_owned() });
    assert_eq!(reply, Button::QuickReply { text: "Yes".to_owned() });
    let needs_value = [&fixed, &track, &code, &phone, &reply].map(Button::needs_value);
    assert_eq!(needs_value, [false, true, true, false, false]);
}

#[test]
fn a_button_that_opens_an_order_is_the_first() {
    let order = "{ text = 'Pay', order_details = true }";
    let buttons = with_buttons(&[order, REPLY]).unwrap();
    assert_eq!(buttons[0], Button::OrderDetails { text: "Pay".to_owned() });
    assert!(buttons[0].needs_value());
    let second = with_buttons(&[URL, order]).unwrap_err();
    assert!(second.contains("buttons: have an order that is not the first of them"), "{second}");
    let off = with_buttons(&["{ text = 'Pay', order_details = false }"]).unwrap_err();
    assert!(off.contains("order_details: is false; leave it out"), "{off}");
}

#[test]
fn what_is_wrong_with_a_button_is_said_with_its_place() {
    for (button, problem) in [
        (
            "{ text = 'x' }",
            "buttons[0]: is one of url, quick_reply, code, phone, order_details, and this one has none of these",
        ),
        ("{ text = 'x', url = 'https://a.shop', phone = '+12025550100' }", "and this one has url and phone"),
        ("{ url = 'https://a.shop' }", "buttons[0] text: is missing; write, for example, text = "),
        ("{ text = 'Order {{1}}', url = 'https://a.shop' }", "buttons[0] text: has a variable"),
        (
            "{ text = 'x', url = 'http://a.shop' }",
            "buttons[0] url: is not an address that begins with https://",
        ),
        ("{ text = 'x', url = 'https://a.shop/{{1}}' }", "buttons[0] sample: is missing"),
        ("{ text = 'x', url = 'https://a.shop', sample = '1' }", "buttons[0] sample: belongs to no variable"),
        (
            "{ text = 'x', url = 'https://a.shop/{{1}}/x', sample = '1' }",
            "buttons[0] url: has a variable that is not {{1}} at its end",
        ),
        ("{ text = 'x', url = 'https://a.shop/{{number}}', sample = '1' }", "not {{1}} at its end"),
        ("{ text = 'x', url = 'https://{{1}}', sample = '1' }", "buttons[0] url: is not an address"),
        ("{ text = 'x', url = 'https://a.shop{{1}}', sample = '1' }", "has its variable in the host's name"),
        (
            "{ text = 'x', url = 'https://a.shop/{{1}}', sample = 'https://a.shop/1' }",
            "sample: is a whole address",
        ),
        ("{ text = 'x', quick_reply = false }", "buttons[0] quick_reply: is false"),
        ("{ text = 'x', quick_reply = true, sample = '1' }", "buttons[0] sample: belongs to a URL"),
        ("{ text = 'Copy', code = 'SAVE10' }", "buttons[0] text: belongs to no button that copies a code"),
        ("{ code = 'SAVE10SAVE10SAVE10SAVE' }", "buttons[0] code: is longer than 20"),
        ("{ text = 'x', phone = '12025550100' }", "buttons[0] phone: is no number with its country code"),
        ("{ text = 'x', phone = '+1 202 555' }", "buttons[0] phone: is no number"),
        ("{ text = 'x', phone = '+12025550100', payload = 'x' }", "payload: is not a key of this table"),
    ] {
        let said = with_buttons(&[button]).unwrap_err();
        assert!(said.contains(problem), "{problem}\nnot in\n{said}");
    }
}

#[test]
fn there_are_as_many_buttons_as_meta_takes() {
    for (kept, refused, problem) in [
        (vec![URL; 2], URL, "more than 2 of them open a URL"),
        (vec![PHONE], PHONE, "more than 1 of them call a number"),
        (vec![CODE], CODE, "more than 1 of them copy a code"),
        (vec![REPLY; 10], REPLY, "are more than 10"),
    ] {
        assert_eq!(with_buttons(&kept).map(|buttons| buttons.len()), Ok(kept.len()));
        let said = with_buttons(&[kept, vec![refused]].concat()).unwrap_err();
        assert!(said.contains("[texts.en] buttons: ") && said.contains(problem), "{problem}\nnot in\n{said}");
    }
}

#[test]
fn quick_replies_stand_together() {
    for buttons in [&[REPLY, REPLY, URL][..], &[URL, PHONE, REPLY], &[REPLY], &[URL, CODE]] {
        assert!(with_buttons(buttons).is_ok(), "{buttons:?}");
    }
    for buttons in [&[REPLY, URL, REPLY][..], &[URL, REPLY, PHONE], &[URL, REPLY, URL, REPLY]] {
        let said = with_buttons(buttons).unwrap_err();
        assert!(said.contains("[texts.en] buttons: mix quick replies and others"), "{said}");
    }
}

#[test]
fn limits_are_counted_in_characters() {
    let url = |chars: usize| {
        let path = "o".repeat(chars - "https://a.shop/".len());
        with_buttons(&[&format!("{{ text = 'x', url = 'https://a.shop/{path}' }}")])
    };
    assert!(url(2000).is_ok());
    assert!(url(2001).unwrap_err().contains("url: is longer than 2000"));
}

#[test]
fn addresses_with_a_reserved_host_are_placeholders() {
    for (url, is_placeholder) in [
        ("https://shop.example/orders", true),
        ("https://example.com", true),
        ("https://www.example.org/x/{{1}}", true),
        ("https://shop.invalid", true),
        ("https://myexample.com", false),
        ("https://example.shop", false),
        ("https://shop.com/example", false),
        ("https://192.0.2.1/", false),
    ] {
        let url = ButtonUrl::parse(url).unwrap();
        let button = Button::Url { text: "x".to_owned(), url, sample: None };
        assert_eq!(button.placeholder().is_some(), is_placeholder, "{button:?}");
    }
}
