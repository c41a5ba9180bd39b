//! The generated sections of `docs/performance.md` and `docs/scale.md`: between `<!-- bench:NAME -->` and
//! `<!-- /bench -->`.

use anyhow::{Context as _, bail};

const END: &str = "<!-- /bench -->";

/// The document with this text in the section of this name.
pub fn filled(document: &str, name: &str, text: &str) -> anyhow::Result<String> {
    let beginning = format!("<!-- bench:{name} -->\n");
    let Some((before, rest)) = document.split_once(&beginning) else {
        bail!("the document has no place called {name}");
    };
    let (_, after) = rest.split_once(END).with_context(|| format!("the place {name} has no end"))?;
    Ok(format!("{before}{beginning}{text}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_filled_and_the_rest_stays() {
        let document = "a\n<!-- bench:x -->\nold\n<!-- /bench -->\nb\n<!-- bench:y -->\n<!-- /bench -->\n";
        let filled_once = filled(document, "x", "new\n").unwrap();
        assert_eq!(
            filled_once,
            "a\n<!-- bench:x -->\nnew\n<!-- /bench -->\nb\n<!-- bench:y -->\n<!-- /bench -->\n"
        );
        assert_eq!(filled(&filled_once, "x", "new\n").unwrap(), filled_once);
        assert!(filled(document, "z", "").is_err());
    }
}
