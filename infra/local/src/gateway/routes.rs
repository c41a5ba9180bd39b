//! The API's routes, as the template declares them.

use http::Method;

/// The path without parameters, and the name of the parameter that follows it.
const ROUTES: [(&str, Option<&str>); 3] =
    [("/webhooks/meta", None), ("/webhooks/kaleyra", None), ("/webhooks/onemsg/", Some("secret"))];

/// The route that matches a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The route's key, such as `POST /webhooks/onemsg/{secret}`.
    pub key: String,
    /// The path's parameter, name and value.
    pub parameter: Option<(&'static str, String)>,
}

impl Route {
    /// The route of a request, if there is one: `GET` and `POST` only.
    pub fn find(method: &Method, path: &str) -> Option<Self> {
        if ![Method::GET, Method::POST].contains(method) {
            return None;
        }
        ROUTES.iter().find_map(|(prefix, parameter)| {
            let rest = path.strip_prefix(prefix)?;
            match parameter {
                None => rest.is_empty().then(|| Self { key: format!("{method} {prefix}"), parameter: None }),
                Some(name) => (!rest.is_empty() && !rest.contains('/')).then(|| Self {
                    key: format!("{method} {prefix}{{{name}}}"),
                    parameter: Some((name, rest.to_owned())),
                }),
            }
        })
    }
}
