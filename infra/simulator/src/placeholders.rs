//! The variables in a template's texts: `{{1}}` or `{{order_number}}`.

/// The distinct variables in order of their first occurrence; none if a pair of braces isn't closed.
pub(super) fn variables(text: &str) -> Option<Vec<&str>> {
    let mut variables = Vec::new();
    let mut rest = text;
    while let Some((_, from)) = rest.split_once("{{") {
        let (variable, after) = from.split_once("}}")?;
        if !variables.contains(&variable) {
            variables.push(variable);
        }
        rest = after;
    }
    Some(variables)
}

/// The text with the values in place of its variables. A variable without a value stays as it is.
pub(super) fn fill<'value>(text: &str, value: impl Fn(&str) -> Option<&'value str>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((variable, after)) = from.split_once("}}") else {
            filled.push_str("{{");
            rest = from;
            continue;
        };
        if let Some(value) = value(variable) {
            filled.push_str(value);
        } else {
            filled.push_str("{{");
            filled.push_str(variable);
            filled.push_str("}}");
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variable_is_named_once_in_its_order() {
        assert_eq!(variables("{{2}} and {{1}}, {{2}}"), Some(vec!["2", "1"]));
        assert_eq!(variables("no variable"), Some(vec![]));
        assert_eq!(variables("{{1}} and {{2"), None);
    }

    #[test]
    fn a_value_that_looks_like_a_variable_is_not_filled_again() {
        let value = |variable: &str| match variable {
            "1" => Some("{{2}}"),
            "2" => Some("two"),
            _ => None,
        };
        assert_eq!(fill("{{1}}, {{2}}, {{3}}, {{4", value), "{{2}}, two, {{3}}, {{4");
    }
}
