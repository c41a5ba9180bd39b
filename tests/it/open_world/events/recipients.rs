//! Recipients: numbers as people paste them and as software stores them, and customers without a number.

use serde_json::{Value, json};
use shared::delivery::DeliveryStatus;
use shared::protocol::State;
use shared::provider::Provider;

use super::{NEXT_STEP, Request, accepted, cancellations, opening_with_country, set};
use crate::support::{Event, Opening, faults, simulated};

/// A number as written, the country of the address if the event has one, and the digits that a provider receives.
const NUMBERS: [(&str, &str, &str); 83] = [
    // Mexico: WhatsApp's own form, today's, and the one dialled within the country until 2019.
    ("+5215541000145", "", "5215541000145"),
    ("+52 1 55 4100 0145", "MX", "5215541000145"),
    ("+52 (55) 4100-0145", "", "525541000145"),
    ("55 4100 0145", "MX", "525541000145"),
    ("044 55 4100 0145", "MX", "525541000145"),
    ("045 55 4100 0145", "MX", "525541000145"),
    ("01 (55) 4100-0145", "MX", "525541000145"),
    ("5215541000145@c.us", "", "5215541000145"),
    // Argentina: with and without the mobiles' 9, and with the national 15 in its place.
    ("+54 9 11 2345-6789", "", "5491123456789"),
    ("+54 11 2345-6789", "", "541123456789"),
    ("011 15-2345-6789", "AR", "5491123456789"),
    ("+54 11 15 2345-6789", "", "5491123456789"),
    // Brazil: with and without the ninth digit, the trunk's zero, and a carrier's code.
    ("+55 (11) 98765-4321", "", "5511987654321"),
    ("+55 11 8765-4321", "", "551187654321"),
    ("(011) 98765-4321", "BR", "5511987654321"),
    ("0 21 11 98765-4321", "BR", "5511987654321"),
    ("11987654321", "BR", "5511987654321"),
    // Ranges that the numbering plans don't include yet, and networks without a country.
    ("+1 621 234 5678", "", "16212345678"),
    ("(621) 234-5678", "US", "16212345678"),
    ("1-621-234-5678", "US", "16212345678"),
    ("+1 357 234 5678", "", "13572345678"),
    ("+8816 3152 1234", "", "881631521234"),
    ("+870 773 123 456", "", "870773123456"),
    ("+383 44 123 456", "", "38344123456"),
    // Invisible characters, around and within the number.
    ("\u{202a}+972502345678\u{202c}", "", "972502345678"),
    ("\u{2068}+972502345678\u{2069}", "", "972502345678"),
    ("+972502345678\u{200e}", "", "972502345678"),
    ("+1\u{fe0f}-202-555-0106", "", "12025550106"),
    ("\u{200f}+972\u{a0}50\u{2011}234\u{2011}5678\u{200f}", "", "972502345678"),
    ("\u{feff}+972\u{200b}50\u{2060}234\u{ad}5678", "", "972502345678"),
    ("\u{2066}\u{202d}+972 50 234 5678\u{202c}\u{2069}", "", "972502345678"),
    ("\u{61c}050-234-5678\u{61c}", "IL", "972502345678"),
    ("\u{180e}+972\u{34f}502345678\u{3164}", "", "972502345678"),
    ("+972\u{2009}50\u{202f}234\u{3000}5678\u{2028}", "", "972502345678"),
    // Digits of other scripts.
    (
        "\u{ff0b}\u{ff11}\u{ff12}\u{ff10}\u{ff12}\u{ff15}\u{ff15}\u{ff15}\u{ff10}\u{ff11}\u{ff10}\u{ff16}",
        "",
        "12025550106",
    ),
    (
        "+\u{669}\u{667}\u{662}\u{665}\u{660}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}\u{668}",
        "",
        "972502345678",
    ),
    ("\u{6f0}\u{6f9}\u{6f1}\u{6f2} \u{6f3}\u{6f4}\u{6f5} \u{6f6}\u{6f7}\u{6f8}\u{6f9}", "IR", "989123456789"),
    (
        "+\u{96f}\u{967} \u{96f}\u{96e}\u{96d}\u{96c}\u{96b} \u{96a}\u{969}\u{968}\u{967}\u{966}",
        "",
        "919876543210",
    ),
    ("\u{9e6}\u{9e7}\u{9ed}\u{9e7}\u{9e8}-\u{9e9}\u{9ea}\u{9eb}\u{9ec}\u{9ed}\u{9ee}", "BD", "8801712345678"),
    (
        "+\u{1d7ed}\u{1d7ee}\u{1d7ec}\u{1d7ee}\u{1d7f1}\u{1d7f1}\u{1d7f1}\u{1d7ec}\u{1d7ed}\u{1d7ec}\u{1d7f2}",
        "",
        "12025550106",
    ),
    // Formats of links, chats and other services.
    ("tel:+1-202-555-0106", "", "12025550106"),
    ("TEL:+1(202)555.0106", "", "12025550106"),
    ("<tel:+12025550106>", "", "12025550106"),
    ("tel:0664-1234567", "AT", "436641234567"),
    ("whatsapp:+12025550106", "", "12025550106"),
    ("sms:+12025550106", "", "12025550106"),
    ("callto:+12025550106", "", "12025550106"),
    ("436641234567@s.whatsapp.net", "DE", "436641234567"),
    ("https://wa.me/436641234567", "", "436641234567"),
    ("https://wa.me/+436641234567/", "", "436641234567"),
    ("wa.me/436641234567", "", "436641234567"),
    ("https://api.whatsapp.com/send?phone=436641234567&text=Hello", "DE", "436641234567"),
    ("436641234567.0:3@s.whatsapp.net", "DE", "436641234567"),
    ("436641234567_1:3@s.whatsapp.net", "", "436641234567"),
    // Names of countries, flags and labels.
    ("\u{1f1e6}\u{1f1f9} +43 664 1234567", "", "436641234567"),
    ("\u{1f1e6}\u{1f1f9} 0664 1234567", "AT", "436641234567"),
    ("AT +43 664 1234567", "", "436641234567"),
    ("Austria (+43) 664 1234567", "", "436641234567"),
    ("\u{d6}sterreich (+43) 664 1234567", "", "436641234567"),
    ("Tel. +43 (0)664 1234567", "", "436641234567"),
    ("Mobil/WhatsApp: +43 664 1234567", "", "436641234567"),
    ("\u{43c}\u{43e}\u{431}. +7 912 345-67-89", "", "79123456789"),
    ("\u{1f4f1} +43 664 1234567", "", "436641234567"),
    // Spreadsheets, databases and forms.
    ("'+436641234567", "", "436641234567"),
    ("=\"+436641234567\"", "", "436641234567"),
    ("+436641234567.0", "", "436641234567"),
    ("436641234567,0", "AT", "436641234567"),
    ("+43.664.1234567;", "", "436641234567"),
    ("[+43] 664/1234567", "", "436641234567"),
    // National numbers, and international dialling prefixes.
    ("0664 1234567", "AT", "436641234567"),
    ("664 1234567", "at", "436641234567"),
    ("0043 664 1234567", "", "436641234567"),
    ("011 43 664 1234567", "US", "436641234567"),
    ("+011 43 664 1234567", "US", "436641234567"),
    ("+0011 65 9234 5678", "AU", "6592345678"),
    ("0011 43 664 1234567", "", "436641234567"),
    ("8~10 43 664 1234567", "RU", "436641234567"),
    ("0664 1234567+", "AT", "436641234567"),
    ("8 (912) 345-67-89", "RU", "79123456789"),
    ("07911 123456", "UK", "447911123456"),
    ("+44 (0)7911 123456", "", "447911123456"),
    ("06 12345678", "NL", "31612345678"),
    ("09876 543210", "IN", "919876543210"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_written_to_however_it_is_written() {
    for provider in Provider::WITH_WEBHOOK {
        let shop = opening_with_country().preferring(provider).open().await;
        for (number, (written, country, _)) in NUMBERS.into_iter().enumerate() {
            let event = Event::sample("order-cancelled").order(&format!("N{number}")).phone(written);
            shop.publish(&event.with("/detail/customer/country", country)).await;
        }
        let language = if provider == Provider::OneMsg { "en" } else { "en_US" };
        for (number, (written, _, digits)) in NUMBERS.into_iter().enumerate() {
            let order = format!("N{number}");
            let said = ["Alexey", &order, "Wireless headphones", NEXT_STEP];
            let expected = Request::cancelled(simulated(provider), digits, language, said);
            assert_eq!(accepted(&shop, &order).await, expected, "{written}");
        }
    }
}

/// A JSON number is accepted as a phone number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_is_a_number_in_json_is_written_to() {
    let shop = Opening::default()
        .catalogue(|catalogue| {
            set(catalogue["defaults"].as_table_mut().unwrap(), "international_digits", true);
        })
        .open()
        .await;
    for (order, written) in [
        ("J1", "436641234567"),
        ("J2", "436641234567.0"),
        ("J3", "\"436641234567\""),
        ("J4", "4.36641234567e11"),
    ] {
        let event = Event::sample("order-cancelled").order(order).phone("PHONE").0.to_string();
        shop.redeliver(&event.replace("\"PHONE\"", written));
        assert_eq!(accepted(&shop, order).await.recipient, "436641234567", "{written}");
    }
}

/// Both forms of a number belong to one customer: the second event is a duplicate of the first one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_gets_one_message_whichever_form_the_number_has() {
    let shop = Opening::default().open().await;
    for (order, one, other) in [
        ("F1", "+5215541000145", "+525541000145"),
        ("F2", "+541123456789", "+5491123456789"),
        ("F3", "+551187654321", "+5511987654321"),
    ] {
        shop.publish(&Event::sample("order-cancelled").order(order).phone(one)).await;
        let sent = accepted(&shop, order).await;
        assert_eq!(format!("+{}", sent.recipient), one);
        shop.publish(&Event::sample("order-cancelled").order(order).phone(other)).await;
        shop.until_quiet().await;
        assert_eq!(shop.sends_about(order).len(), 1, "{other}");
    }
}

/// An ambiguous or invalid number gets no message, because it could belong to another person: a person repairs the
/// event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_be_somebody_elses_number_is_recorded_with_its_fault() {
    let shop = opening_with_country().open().await;
    for (written, country, why) in [
        ("+1 202 555 0100 ext. 7", "", "a switchboard or a marketplace answers there, and not the customer"),
        ("tel:+12025550100;ext=7", "", "the same, as a link"),
        ("+1 202 555 0100 / +1 202 555 0101", "", "two numbers, and it is unknown whose the second is"),
        ("+43 1 58858 TAXI", "", "letters are digits too, and without them it is another number"),
        ("0664 1234567", "", "every country could have it"),
        ("436641234567", "", "it could be another country's national number"),
        ("120363041234567890@g.us", "AT", "a group"),
        ("171234567890123@lid", "AT", "an id of WhatsApp's own, and no number"),
        ("@alexey", "", "a user name, which no provider sends templates to"),
        ("#31#+12025550100", "", "what is dialled before a number hides the caller"),
        ("4.36641E+11", "AT", "a spreadsheet has rounded it"),
        ("+999 123 456 789", "", "no country has this code"),
        (
            "0011 65 9234 5678",
            "",
            "it could be Singapore's by Australia's prefix, or Alabama's by 00 and a 1 too many",
        ),
        ("+011 43 664 1234567", "", "011 begins numbers within India, Argentina and other countries"),
    ] {
        let event = Event::sample("order-cancelled").phone(written).with("/detail/customer/country", country);
        let found = faults(&shop.until_invalid(&shop.publish(&event).await).await);
        assert_eq!(found.len(), 1, "{written} ({why}): {found:?}");
        assert_eq!(found[0].0, "recipient (detail.customer.phone)", "{written} ({why})");
    }
    assert!(shop.ledger().requests.is_empty());
}

/// Customers who write to the shop under a user name have an id instead of a number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_without_a_number_is_written_to_by_user_id_and_followed_until_it_is_read() {
    const ID: &str = "US.13491208655302741918";
    const PARENT: &str = "US.ENT.11815799212886844830";
    let shop = Opening::default()
        .catalogue(|catalogue| {
            set(cancellations(catalogue), "recipient", "detail.customer.phone || detail.customer.user_id");
        })
        .open()
        .await;
    let rows = [
        ("U1", json!(ID), Value::Null, ID),
        ("U2", Value::Null, json!(ID), ID),
        ("U3", json!(""), json!(ID), ID),
        ("U4", json!(" \u{200b}"), json!(ID), ID),
        ("U5", Value::Null, json!(PARENT), PARENT),
        ("U6", json!("whatsapp:DE.4fGh7"), Value::Null, "DE.4fGh7"),
        ("U7", json!("\u{2068}BR.1502576394655843\u{2069}"), Value::Null, "BR.1502576394655843"),
    ];
    for (order, phone, id, _) in &rows {
        let event = Event::sample("order-cancelled").order(order);
        let event = event.with("/detail/customer/phone", phone.clone());
        shop.publish(&event.with("/detail/customer/user_id", id.clone())).await;
    }
    for (order, _, _, recipient) in rows {
        let view = shop.until_status(order, DeliveryStatus::Read).await;
        assert_eq!(view.record.provider, Some(Provider::Meta));
        let said = ["Alexey", order, "Wireless headphones", NEXT_STEP];
        let expected = Request::cancelled(simulated(Provider::Meta), recipient, "en_US", said);
        assert_eq!(Request::from_send(&shop.the_send_about(order)), expected);
        shop.until_published(order).await;
    }
    shop.publish(&Event::sample("order-status-shipped").order("U0").phone(ID)).await;
    shop.until_status("U0", DeliveryStatus::Read).await;
    assert_eq!(shop.the_send_about("U0").message.recipient.digits(), ID);
    // 1MSG and Kaleyra come first in the catalogue, and can't send to an id.
    assert_eq!((shop.sends_asked_of(Provider::OneMsg), shop.sends_asked_of(Provider::Kaleyra)), (0, 0));

    // A customer with both is addressed by number.
    let event = Event::sample("order-cancelled").order("U8").phone("+436641234567");
    shop.publish(&event.with("/detail/customer/user_id", ID)).await;
    let both = accepted(&shop, "U8").await;
    assert_eq!((both.provider, both.recipient.as_str()), (simulated(Provider::OneMsg), "436641234567"));
}

/// Only Meta sends to a user id, so a shop without Meta needs the number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_meta_a_user_id_is_a_fault_that_says_so() {
    let shop = Opening::default()
        .catalogue(|catalogue| {
            let entry = cancellations(catalogue);
            set(entry, "providers", vec!["onemsg", "kaleyra"]);
            entry["templates"].as_table_mut().unwrap().remove("meta").unwrap();
        })
        .open()
        .await;
    let event = Event::sample("order-cancelled").phone("US.13491208655302741918");
    let found = faults(&shop.until_invalid(&shop.publish(&event).await).await);
    assert!(found.len() == 1 && found[0].1.contains("which only meta accepts"), "{found:?}");
    shop.publish(&Event::sample("order-cancelled").order("U9")).await;
    shop.until_state("U9", State::Accepted).await;
}
