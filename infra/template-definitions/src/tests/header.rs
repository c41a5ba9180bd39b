use super::*;

/// The definition with this header.
fn with_header(header: &str) -> Result<Header, String> {
    let text = VALID.replace("body    =", &format!("header = {{ {header} }}\nbody ="));
    let mut definitions = parse(&text).map_err(|faults| faults.to_string())?;
    Ok(definitions.0.remove(0).texts.remove(0).header.unwrap())
}

#[test]
fn every_kind_of_header_is_read() {
    let text = |text: &str, sample: Option<&str>| Header::Text {
        text: text.to_owned(),
        sample: sample.map(str::to_owned),
    };
    let media = |media, sample: &str| Header::Media { media, sample: sample.to_owned() };
    for (written, header, needs_value) in [
        ("text = 'Your order'", text("Your order", None), false),
        ("text = 'Order {{1}}', sample = '10482'", text("Order {{1}}", Some("10482")), true),
        ("image = 'https://a.shop/s.jpg'", media(Media::Image, "https://a.shop/s.jpg"), true),
        ("video = 'samples/s.mp4'", media(Media::Video, "samples/s.mp4"), true),
        ("document = 'https://a.shop/s.pdf'", media(Media::Document, "https://a.shop/s.pdf"), true),
        ("location = true", Header::Location, true),
    ] {
        let read = with_header(written).unwrap();
        assert_eq!(read.needs_value(), needs_value, "{written}");
        assert_eq!(read, header);
    }
}

#[test]
fn what_is_wrong_with_a_header_is_said_with_its_place() {
    for (written, problem) in [
        (
            "",
            "[texts.en] header: is one of text, image, video, document, location, and this one has none of these",
        ),
        (
            "text = 'x', location = true",
            "[texts.en] header: is one of text, image, video, document, location, and this one has text and location",
        ),
        ("location = false", "header location: is false"),
        (
            "image = true",
            "header image: is true or false, not a text; write, for example, image = \"https://",
        ),
        ("image = 'http://a.shop/s.jpg'", "header image: is neither a link that begins with https://"),
        ("image = '/etc/passwd'", "header image: is neither a link"),
        ("image = 'https://a.shop/{{1}}'", "header image: has a variable"),
        ("image = 'https://a.shop/s.jpg', sample = 'x'", "header sample: belongs to a text"),
        (
            "image = 'a.jpg', filename = 'x'",
            "header filename: is not a key of this table; its keys are text, sample, image",
        ),
        ("text = 'Order {{1}}'", "header sample: is missing: Meta's reviewers see an example of {{1}}"),
        ("text = 'Order', sample = 'x'", "header sample: belongs to no variable"),
        (
            "text = 'Order {{1}} {{2}}', sample = 'x'",
            "header text: has {{1}}, {{2}}, and a header has one variable",
        ),
        ("text = 'Order {{2}}', sample = 'x'", "header text: has variables that are not {{1}}"),
        ("text = \"a\\nb\"", "header text: holds a line break"),
        ("text = 'Order {{1}}', sample = \"a\\tb\"", "header sample: holds a line break"),
    ] {
        let said = with_header(written).unwrap_err();
        assert!(said.contains(problem), "{problem}\nnot in\n{said}");
    }
}

#[test]
fn a_header_has_at_most_sixty_characters() {
    assert!(with_header(&format!("text = '{}'", "é".repeat(60))).is_ok());
    let said = with_header(&format!("text = '{}'", "é".repeat(61))).unwrap_err();
    assert!(said.contains("header text: is longer than 60"), "{said}");
    let filled =
        |chars: usize| format!("text = 'Order {{{{1}}}}', sample = '{}'", "é".repeat(chars - "Order ".len()));
    assert!(with_header(&filled(60)).is_ok());
    assert!(with_header(&filled(61)).unwrap_err().contains("header sample: fills the text to more than 60"));
}
