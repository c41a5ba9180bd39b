//! What axe-core finds: <https://github.com/dequelabs/axe-core>.

use std::sync::LazyLock;

use crate::browser::Browser;

/// The variable with the path of axe-core's script.
const PATH: &str = "AXE_CORE";
/// Calls back with each violation of the rules that are on by default: WCAG 2.2 AA and best practices.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
        results => done({ violations: results.violations.map(violation => violation.id + ': ' + violation.help + ': ' +
            violation.nodes.map(node => node.target.join(' ') + ' ' + node.any.map(check => check.message).join(' ')).join('; ')) }),
        error => done({ error: String(error) }));
";

static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let path = std::env::var(PATH).unwrap_or_else(|_| panic!("{PATH} isn't set: run .ci/browser-test"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
});

impl Browser {
    /// The violations of the page's accessibility, each with its elements.
    pub async fn accessibility_violations(&self) -> Vec<String> {
        self.run(&SCRIPT, &[]).await;
        let result = self.run_async(RUN, &[]).await;
        assert_eq!(result.get("error"), None);
        let violations = result["violations"].as_array().unwrap();
        violations.iter().map(|violation| violation.as_str().unwrap().to_owned()).collect()
    }

    /// What makes the page wider than the window; `None` if nothing does.
    pub async fn too_wide(&self) -> Option<String> {
        let script = "
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return null;
            return 'wider than the window: ' + [...document.querySelectorAll('body *')]
                .filter(element => element.getBoundingClientRect().right > width + 0.5)
                .map(element => element.outerHTML.slice(0, 80)).join(', ');
        ";
        self.run(script, &[]).await.as_str().map(str::to_owned)
    }
}
