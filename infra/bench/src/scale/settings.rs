//! The settings that an operator can change.

/// Parameters of the template, and quotas of AWS and of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The template's `MaximumConcurrency`: concurrent batches.
    pub maximum_concurrency: u32,
    /// The template's `SendConcurrency`: concurrent sends in a batch.
    pub send_concurrency: u32,
    /// The template's `CallbackRate`, per second.
    pub callback_rate: u32,
    pub provider_rate: u32,
    /// The write units per second that the table's warm throughput allows.
    pub table_writes: u32,
}

impl Settings {
    /// The template's defaults, with a new table and a Meta number with default limits.
    pub const SHIPPED: Self = Self {
        maximum_concurrency: 4,
        send_concurrency: 10,
        callback_rate: 500,
        provider_rate: 80,
        table_writes: 4000,
    };
    /// For a million messages in an hour: a number that Meta has upgraded, and two changed parameters.
    pub const RAISED: Self =
        Self { maximum_concurrency: 50, callback_rate: 2000, provider_rate: 1000, ..Self::SHIPPED };
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../../../template.yaml");

    #[test]
    fn the_shipped_settings_are_the_templates_defaults() {
        let Settings { maximum_concurrency, send_concurrency, callback_rate, .. } = Settings::SHIPPED;
        for (name, default) in [
            ("MaximumConcurrency", maximum_concurrency),
            ("SendConcurrency", send_concurrency),
            ("CallbackRate", callback_rate),
        ] {
            let (_, parameter) = TEMPLATE.split_once(&format!("\n  {name}:\n")).unwrap();
            let (_, value) = parameter.split_once("Default: ").unwrap();
            assert_eq!(value.lines().next().unwrap(), default.to_string(), "{name}");
        }
    }
}
