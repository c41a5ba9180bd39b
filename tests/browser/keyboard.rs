//! Keys, as a person without a mouse presses them.

use serde_json::json;

use crate::browser::Browser;

/// More focusable elements than any page has before the one that a story needs.
const MAX_TABS: usize = 100;

/// A key without a character: <https://www.w3.org/TR/webdriver2/#keyboard-actions>.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    Tab = 0xE004,
    Enter = 0xE007,
    Left = 0xE012,
    Right = 0xE014,
}

impl Browser {
    pub async fn press(&self, key: Key) {
        let value = char::from_u32(key as u32).unwrap().to_string();
        let actions = ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": value }));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.session.post("/actions", json!({ "actions": [keyboard] })).await;
    }

    /// Presses Tab until an element that matches has the focus.
    pub async fn tab_to(&self, css: &str) {
        for _ in 0..MAX_TABS {
            self.press(Key::Tab).await;
            let has_focus = "return document.activeElement.matches(arguments[0]);";
            if self.run(has_focus, &[css.into()]).await == true {
                return;
            }
        }
        panic!("the Tab key never leads to {css}");
    }
}
