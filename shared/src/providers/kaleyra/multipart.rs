//! Converts multipart forms (RFC 7578), which some HTTP clients send by default.

use form_urlencoded::Serializer;

/// The form in URL-encoded form; `None` if the body is not a multipart form with at least one part.
pub(super) fn as_urlencoded(body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n");
    let delimiter = text.lines().next().filter(|line| line.starts_with("--"))?.trim_end();
    let mut form = Serializer::new(String::new());
    // Each part starts after the line with its delimiter.
    for part in format!("\n{text}").split(&format!("\n{delimiter}")) {
        let Some((head, value)) = part.split_once("\n\n") else { continue };
        if let Some(name) = name(head) {
            form.append_pair(name, value);
        }
    }
    Some(form.finish()).filter(|form| !form.is_empty()).map(String::into_bytes)
}

/// The name in the header of a part: `Content-Disposition: form-data; name="status"`.
fn name(head: &str) -> Option<&str> {
    let mut parameters = head.split([';', '\n']).map(str::trim);
    parameters.find_map(|parameter| parameter.strip_prefix("name=")).map(|name| name.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<String> {
        as_urlencoded(body.as_bytes()).map(|form| String::from_utf8(form).unwrap())
    }

    #[test]
    fn every_part_is_a_variable() {
        let parts = "--a1\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nwamid.A+/=\r\n\
            --a1\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-disposition: form-data; filename=\"f\"; name=extra_info[ref]\r\n\r\n\
            notification/k-1/7 & 8\r\n--a1\r\nContent-Disposition: form-data; name=\"error\"\r\n\r\ntwo\r\n\r\nlines --a1\r\n\
            --a1\r\nContent-Disposition: form-data; name=\"status\"\r\n\r\n\r\n--a1\r\nno head\r\n--a1--\r\n";
        let form = "id=wamid.A%2B%2F%3D&extra_info%5Bref%5D=notification%2Fk-1%2F7+%26+8&error=two%0A%0Alines+--a1&status=";
        assert_eq!(read(parts).as_deref(), Some(form));
        assert_eq!(read(&parts.replace("\r\n", "\n")).as_deref(), Some(form));
        // A truncated form is parsed as far as possible.
        assert_eq!(read(&parts[..80]).as_deref(), Some("id=wamid.A%2B%2F%3D"));
    }

    #[test]
    fn a_body_without_parts_is_not_a_form() {
        for body in
            ["", "--", "--a1", "--a1--\r\n", "a=b", "--a1\r\nstatus=read\r\n--a1--", "x\n--a\n name=a\n\nb"]
        {
            assert_eq!(read(body), None, "{body}");
        }
    }
}
