//! Invisible values, and punctuation at a value's end before the template's own full stop.

use shared::provider::Provider;

use super::{NEXT_STEP, Request, accepted, cancellations};
use crate::support::{Event, Opening, Shop, faults, simulated};

/// Texts without a visible character.
const NOTHING: [&str; 19] = [
    "\u{200b}",
    "\u{200d}\u{200c}",
    "\u{2060}",
    "\u{feff}",
    "\u{ad}",
    "\u{3164}",
    "\u{ffa0}",
    "\u{2800}\u{2800}",
    "\0",
    "\u{7f}\u{1b}\u{9b}",
    "\u{115f}\u{1160}",
    "\u{180e}",
    "\u{61c}\u{200f} \u{200e}",
    "\u{202a}\u{202c}",
    "\u{3000}\u{a0}\u{2007}",
    "\u{2028}\u{85}\t\n",
    "\u{fe0f}",
    "\u{e0020}\u{e007f}",
    "\u{1d159}",
];

/// The shipped catalogue has no fallback for a name, and an empty greeting must not be sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invisible_name_is_a_fault() {
    let shop = Shop::open().await;
    for name in NOTHING {
        let event = Event::sample("order-cancelled").with("/detail/customer/name", name);
        let found = faults(&shop.until_invalid(&shop.publish(&event).await).await);
        let fault = ("body[0] (detail.customer.name)".to_owned(), "is empty".to_owned());
        assert_eq!(found, [fault], "{name:?}");
    }
    assert!(shop.ledger().requests.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fallback_replaces_an_invisible_value() {
    let shop = Opening::default()
        .preferring(Provider::Meta)
        .catalogue(|catalogue| {
            let name = "detail.customer.name || detail.customer.company || 'customer'";
            cancellations(catalogue)["body"].as_array_mut().unwrap()[0] = name.into();
        })
        .open()
        .await;
    let invisible = NOTHING.into_iter().chain([""]).enumerate();
    for (number, name) in invisible.clone() {
        let event = Event::sample("order-cancelled").order(&format!("E{number}"));
        shop.publish(&event.with("/detail/customer/name", name)).await;
    }
    let company = Event::sample("order-cancelled").order("company").with("/detail/customer/name", "\u{3164}");
    shop.publish(&company.with("/detail/customer/company", "Muster & S\u{f6}hne")).await;
    let request = |order: &str, name: &str| {
        let said = [name, order, "Wireless headphones", NEXT_STEP];
        Request::cancelled(simulated(Provider::Meta), "12025550100", "en_US", said)
    };
    for (number, name) in invisible {
        let order = format!("E{number}");
        assert_eq!(accepted(&shop, &order).await, request(&order, "customer"), "{name:?}");
    }
    assert_eq!(accepted(&shop, "company").await, request("company", "Muster & S\u{f6}hne"));
}

/// A name, and the name as sent.
const NAMES: [(&str, &str); 7] = [
    ("Al\0exey", "Alexey"),
    ("Alexey\u{1b}\u{9b}", "Alexey"),
    ("\u{7f}Alexey \0", "Alexey"),
    ("Ana\u{2028}Mar\u{ed}a\r\n", "Ana Mar\u{ed}a"),
    ("\u{645}\u{6cc}\u{200c}\u{634}\u{648}\u{62f}", "\u{645}\u{6cc}\u{200c}\u{634}\u{648}\u{62f}"),
    ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"),
    ("Zo\u{65}\u{308}", "Zo\u{65}\u{308}"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_characters_are_removed_and_letter_joiners_kept() {
    let shop = Shop::open().await;
    for (number, (name, _)) in NAMES.into_iter().enumerate() {
        let event = Event::sample("order-cancelled").order(&format!("C{number}"));
        shop.publish(&event.with("/detail/customer/name", name)).await;
    }
    for (number, (name, sent)) in NAMES.into_iter().enumerate() {
        let order = format!("C{number}");
        let said = [sent, &order, "Wireless headphones", NEXT_STEP];
        let expected = Request::cancelled(simulated(Provider::OneMsg), "12025550100", "en", said);
        assert_eq!(accepted(&shop, &order).await, expected, "{name:?}");
    }
}

/// The last variable, and the part of it that is sent, because the template ends with a full stop.
const ENDS: [(&str, &str); 34] = [
    ("Wird bearbeitet\u{2026}", "Wird bearbeitet"),
    ("Wird bearbeitet...", "Wird bearbeitet"),
    ("Wird bearbeitet .", "Wird bearbeitet"),
    (
        "\u{8fd1}\u{65e5}\u{4e2d}\u{306b}\u{8fd4}\u{91d1}\u{3057}\u{307e}\u{3059}\u{3002}",
        "\u{8fd1}\u{65e5}\u{4e2d}\u{306b}\u{8fd4}\u{91d1}\u{3057}\u{307e}\u{3059}",
    ),
    ("\u{8fd4}\u{91d1}\u{ff61}", "\u{8fd4}\u{91d1}"),
    ("\u{9000}\u{6b3e}\u{ff0e}", "\u{9000}\u{6b3e}"),
    ("\u{9000}\u{6b3e}\u{ff01}", "\u{9000}\u{6b3e}"),
    ("\u{9000}\u{6b3e}\u{22ef}\u{22ef}", "\u{9000}\u{6b3e}"),
    ("\u{9000}\u{6b3e}\u{fe12}", "\u{9000}\u{6b3e}"),
    (
        "\u{92a}\u{948}\u{938}\u{93e} \u{92d}\u{947}\u{91c}\u{93e} \u{917}\u{92f}\u{93e}\u{964}",
        "\u{92a}\u{948}\u{938}\u{93e} \u{92d}\u{947}\u{91c}\u{93e} \u{917}\u{92f}\u{93e}",
    ),
    ("\u{92a}\u{948}\u{938}\u{93e}\u{965}", "\u{92a}\u{948}\u{938}\u{93e}"),
    (
        "\u{631}\u{642}\u{645} \u{648}\u{627}\u{67e}\u{633}\u{6d4}",
        "\u{631}\u{642}\u{645} \u{648}\u{627}\u{67e}\u{633}",
    ),
    ("\u{62a}\u{645}\u{61f}", "\u{62a}\u{645}"),
    ("\u{563}\u{578}\u{582}\u{574}\u{589}", "\u{563}\u{578}\u{582}\u{574}"),
    ("\u{1308}\u{1295}\u{12d8}\u{1265}\u{1362}", "\u{1308}\u{1295}\u{12d8}\u{1265}"),
    ("\u{1015}\u{103c}\u{1014}\u{103a}\u{104b}", "\u{1015}\u{103c}\u{1014}\u{103a}"),
    (
        "\u{1794}\u{17d2}\u{179a}\u{17b6}\u{1780}\u{17cb}\u{17d4}",
        "\u{1794}\u{17d2}\u{179a}\u{17b6}\u{1780}\u{17cb}",
    ),
    ("\u{3ad}\u{3c4}\u{3bf}\u{3b9}\u{3bc}\u{3bf}\u{37e}", "\u{3ad}\u{3c4}\u{3bf}\u{3b9}\u{3bc}\u{3bf}"),
    ("\u{d9c}\u{dd9}\u{dc0}\u{df4}", "\u{d9c}\u{dd9}\u{dc0}"),
    ("done.\u{200f}", "done"),
    ("done\u{200b}.\u{200b} .\u{feff}", "done"),
    ("done.\u{a0}\u{3000}", "done"),
    ("\u{202b}done.\u{202c}", "done"),
    ("Thanks!", "Thanks"),
    ("Thanks!!1!", "Thanks!!1"),
    ("Really?!", "Really"),
    ("\u{a1}Gracias!", "Gracias"),
    ("Hola. \u{bf}Lo tiene?", "Hola. Lo tiene"),
    ("We refund 12.50 EUR.", "We refund 12.50 EUR"),
    ("Open until 5 p.m.", "Open until 5 p.m"),
    ("See https://shop.example/r?o=1", "See https://shop.example/r?o=1"),
    ("Thanks \u{1f642}", "Thanks \u{1f642}"),
    ("(no stop)", "(no stop)"),
    ("no stop", "no stop"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sentence_ends_twice_in_any_script() {
    let shop = Opening::default().preferring(Provider::Kaleyra).open().await;
    for (number, (said, _)) in ENDS.into_iter().enumerate() {
        let event = Event::sample("order-cancelled").order(&format!("S{number}"));
        shop.publish(&event.with("/detail/next_step", said)).await;
    }
    for (number, (said, sent)) in ENDS.into_iter().enumerate() {
        let order = format!("S{number}");
        let expected = ["Alexey", &order, "Wireless headphones", sent];
        let expected = Request::cancelled(simulated(Provider::Kaleyra), "12025550100", "en_US", expected);
        assert_eq!(accepted(&shop, &order).await, expected, "{said:?}");
    }
}

/// A value of stops alone counts as empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_of_stops_alone_is_a_fault() {
    let shop = Shop::open().await;
    for said in ["...", "\u{2026}", "\u{3002}", "!\u{200f}", " . . "] {
        let event = Event::sample("order-cancelled").with("/detail/next_step", said);
        let found = faults(&shop.until_invalid(&shop.publish(&event).await).await);
        let fault = ("body[3] (detail.next_step)".to_owned(), "is empty".to_owned());
        assert_eq!(found, [fault], "{said:?}");
    }
}
