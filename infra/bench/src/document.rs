//! The generated sections of `docs/performance.md` and `docs/scale.md`: between `<!-- bench:NAME -->` and
//! `<!-- /bench -->`.

use anyhow::{Context as _, bail};

const END: &str = "<!-- /bench -->";

/// Returns the document with this text as the contents of the section `name`. Fails if there is no such section.
pub fn fill_section(document: &str, name: &str, text: &str) -> anyhow::Result<String> {
    let beginning = format!("<!-- bench:{name} -->\n");
    let Some((before, rest)) = document.split_once(&beginning) else {
        bail!("the document has no section bench:{name}");
    };
    let (_, after) = rest.split_once(END).with_context(|| format!("the section bench:{name} has no end"))?;
    Ok(format!("{before}{beginning}{text}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_rest_is_unchanged() {
        let document = "a\n<!-- bench:x -->\nold\n<!-- /bench -->\nb\n<!-- bench:y -->\n<!-- /bench -->\n";
        let filled_once = fill_section(document, "x", "new\n").unwrap();
        assert_eq!(
            filled_once,
            "a\n<!-- bench:x -->\nnew\n<!-- /bench -->\nb\n<!-- bench:y -->\n<!-- /bench -->\n"
        );
        assert_eq!(fill_section(&filled_once, "x", "new\n").unwrap(), filled_once);
        assert!(fill_section(document, "z", "").is_err());
    }
}
