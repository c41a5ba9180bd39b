//! WhatsApp's errors: code, title and HTTP status, as the Cloud API's error table lists them
//! (<https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>).

/// An entry of the error table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ErrorKind {
    /// The code, on which clients should build their logic.
    pub code: u32,
    /// The text that goes with the code.
    pub title: &'static str,
    /// The HTTP status of a reply that carries it.
    pub http_status: u16,
}

/// An error and its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WhatsAppError {
    /// The entry of the table.
    pub kind: ErrorKind,
    /// The explanation for `error_data.details`.
    pub details: String,
}

impl ErrorKind {
    pub const INVALID_PARAMETER: Self = Self::new(100, "Invalid parameter", 400);
    pub const INVALID_TRANSITION: Self =
        Self::new(2046, "New order status was not correctly transitioned.", 400);
    pub const CANNOT_CANCEL: Self = Self::new(2047, "Could not change order status to 'canceled'", 400);
    /// Observed as 403 as well as 400: only the code is meaningful.
    pub const THROUGHPUT: Self = Self::new(130_429, "Rate limit hit", 403);
    pub const EXPERIMENT: Self = Self::new(130_472, "User's number is part of an experiment", 400);
    pub const MISSING_VALUE: Self = Self::new(131_008, "Required parameter is missing", 400);
    pub const NOT_VALID: Self = Self::new(131_009, "Parameter value is not valid", 400);
    pub const NOT_ON_WHATSAPP: Self = Self::new(131_026, "Message undeliverable", 400);
    pub const PAYMENT_ISSUE: Self = Self::new(131_042, "Business eligibility payment issue", 400);
    pub const HEALTHY_ECOSYSTEM: Self =
        Self::new(131_049, "This message was not delivered to maintain healthy ecosystem engagement.", 400);
    /// Only ever in a status: the reply to a message with a broken link is an acceptance, as
    /// <https://github.com/fazer-ai/chatwoot/pull/363> and others report.
    pub const MEDIA_UPLOAD: Self = Self::new(131_053, "Media upload error", 400);
    pub const PARAMETER_COUNT: Self =
        Self::new(132_000, "Number of parameters does not match the expected number of params", 400);
    pub const NO_SUCH_TEMPLATE: Self =
        Self::new(132_001, "Template name does not exist in the translation", 404);
    pub const TEXT_TOO_LONG: Self = Self::new(132_005, "Translated text too long", 400);
    pub const FORMAT_MISMATCH: Self =
        Self::new(132_012, "Parameter format does not match format in the created template", 400);
    pub const TEMPLATE_PAUSED: Self = Self::new(132_015, "Template is Paused", 400);
    pub const TEMPLATE_DISABLED: Self = Self::new(132_016, "Template is Disabled", 400);
    pub const PARAMETER_ISSUE: Self =
        Self::new(132_018, "There's an issue with the parameters in your template", 400);

    const fn new(code: u32, title: &'static str, http_status: u16) -> Self {
        Self { code, title, http_status }
    }

    /// This error with an explanation.
    pub fn about(self, details: impl Into<String>) -> WhatsAppError {
        WhatsAppError { kind: self, details: details.into() }
    }
}

impl From<ErrorKind> for WhatsAppError {
    /// This error with its title as the explanation.
    fn from(kind: ErrorKind) -> Self {
        kind.about(kind.title)
    }
}
