//! The senders that a caller may report about: those whose secret it knows.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::message::Sender;

/// The senders that a caller may report about. A report about another sender's message is not stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SenderScope {
    /// The default sender, with every sender that shares its secret.
    default: Option<DefaultScope>,
    /// Senders with a secret of their own, each with the id of its business number, if the secret names it.
    named: BTreeMap<Sender, Option<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct DefaultScope {
    /// The id of the default sender's business number, if the secret names it.
    number: Option<String>,
    /// Whether senders without a secret of their own share the default sender's.
    is_shared: bool,
    /// The senders with a secret of their own.
    except: BTreeSet<Sender>,
}

impl SenderScope {
    /// Every sender: for events of our own account.
    pub fn all() -> Self {
        let mut scope = Self::default();
        scope.add_default(BTreeSet::new(), None);
        scope
    }

    /// Only this sender; the default sender for `None`.
    pub fn only(sender: Option<&Sender>) -> Self {
        let mut scope = Self::default();
        if let Some(sender) = sender {
            scope.add(sender.clone(), None);
        } else {
            scope.default = Some(DefaultScope { number: None, is_shared: false, except: BTreeSet::new() });
        }
        scope
    }

    /// Adds the default sender and those without a secret of their own; `except` are those with one.
    pub fn add_default(&mut self, except: BTreeSet<Sender>, number: Option<String>) {
        self.default = Some(match self.default.take() {
            // The current and the previous version of the secret.
            Some(known) => DefaultScope {
                number: known.number.filter(|known| Some(known) == number.as_ref()),
                is_shared: true,
                except: known.except.intersection(&except).cloned().collect(),
            },
            None => DefaultScope { number, is_shared: true, except },
        });
    }

    /// Adds a sender with a secret of its own.
    pub fn add(&mut self, sender: Sender, number: Option<String>) {
        match self.named.entry(sender) {
            Entry::Vacant(vacant) => drop(vacant.insert(number)),
            // The current and the previous version of the secret.
            Entry::Occupied(known) if *known.get() == number => {}
            Entry::Occupied(mut known) => drop(known.insert(None)),
        }
    }

    /// Whether the scope has no sender.
    pub fn is_empty(&self) -> bool {
        self.default.is_none() && self.named.is_empty()
    }

    /// The only sender with a name, if the scope has no other.
    pub fn only_named(&self) -> Option<&Sender> {
        let mut names = self.named.keys();
        names.next().filter(|_| self.default.is_none() && names.next().is_none())
    }

    /// Whether the caller may report about this sender's messages. `number` is the id of the business number in the
    /// report, if it has one.
    pub fn allows(&self, sender: Option<&Sender>, number: Option<&str>) -> bool {
        let fits = |own: &Option<String>| match (own, number) {
            (Some(own), Some(number)) => own == number,
            _ => true,
        };
        let Some(sender) = sender else { return self.default.as_ref().is_some_and(|it| fits(&it.number)) };
        let shares = self.default.as_ref().is_some_and(|it| it.is_shared && !it.except.contains(sender));
        shares || self.named.get(sender).is_some_and(fits)
    }

    /// The senders to which a report without a sender is limited; `None` if it may be about any.
    pub(crate) fn limit(&self) -> Option<Limit<'_>> {
        let Some(default) = &self.default else { return Some(Limit::Only(self.named.keys().collect())) };
        if !default.is_shared {
            return Some(Limit::OnlyDefault);
        }
        let except: Vec<&Sender> =
            default.except.iter().filter(|sender| !self.named.contains_key(sender)).collect();
        (!except.is_empty()).then_some(Limit::AllBut(except))
    }
}

/// A limit on the senders with a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Limit<'a> {
    /// These, and not the default sender.
    Only(Vec<&'a Sender>),
    /// Every sender but these.
    AllBut(Vec<&'a Sender>),
    /// Only the default sender.
    OnlyDefault,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(name: &str) -> Sender {
        Sender::parse(name).unwrap()
    }

    #[test]
    fn a_sender_with_its_own_secret_is_reached_only_by_it() {
        let (acme, beta, gamma) = (sender("acme"), sender("beta"), sender("gamma"));
        let mut of_default = SenderScope::default();
        assert!(of_default.is_empty());
        of_default.add_default(BTreeSet::from([acme.clone()]), None);
        assert!(of_default.allows(None, None) && of_default.allows(Some(&beta), None));
        assert!(!of_default.allows(Some(&acme), None));
        assert_eq!(of_default.limit(), Some(Limit::AllBut(vec![&acme])));

        let of_acme = SenderScope::only(Some(&acme));
        assert!(of_acme.allows(Some(&acme), None));
        assert!(!of_acme.allows(None, None) && !of_acme.allows(Some(&gamma), None));
        assert_eq!((of_acme.limit(), of_acme.only_named()), (Some(Limit::Only(vec![&acme])), Some(&acme)));

        // One secret for the default sender and for acme.
        let mut both = of_default.clone();
        both.add(acme, None);
        assert_eq!((both.limit(), both.only_named()), (None, None));
        let of_default = SenderScope::only(None);
        assert_eq!(of_default.limit(), Some(Limit::OnlyDefault));
        assert!(of_default.allows(None, None) && !of_default.allows(Some(&beta), None));
        let of_all = SenderScope::all();
        assert_eq!(of_all.limit(), None);
        assert!(of_all.allows(None, Some("1")) && of_all.allows(Some(&gamma), Some("2")));
    }

    #[test]
    fn a_sender_that_gets_its_own_secret_keeps_the_shared_one_until_the_old_version_is_gone() {
        let acme = sender("acme");
        let mut scope = SenderScope::default();
        scope.add_default(BTreeSet::from([acme.clone()]), None);
        scope.add_default(BTreeSet::new(), None);
        assert!(scope.allows(Some(&acme), None));
    }

    #[test]
    fn senders_that_share_an_app_are_told_apart_by_their_numbers() {
        let (acme, beta) = (sender("acme"), sender("beta"));
        let mut scope = SenderScope::default();
        scope.add(acme.clone(), Some("1".to_owned()));
        scope.add(beta.clone(), Some("2".to_owned()));
        scope.add_default(BTreeSet::from([acme.clone(), beta.clone()]), Some("3".to_owned()));
        for (who, number, allowed) in [
            (Some(&acme), Some("1"), true),
            (Some(&acme), Some("2"), false),
            (Some(&beta), Some("2"), true),
            (Some(&beta), None, true),
            (None, Some("3"), true),
            (None, Some("1"), false),
        ] {
            assert_eq!(scope.allows(who, number), allowed, "{who:?} {number:?}");
        }
    }
}
