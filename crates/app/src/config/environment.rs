use clap::ValueEnum;

/// Where the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AppEnv {
    /// On somebody's desk: everything has a default.
    #[default]
    Development,
    /// Under test: as development.
    Test,
    /// With real money: nothing has a default that matters.
    Production,
}

impl AppEnv {
    /// The word of the setting.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Production => "production",
        }
    }

    /// Whether real money is at stake.
    #[must_use]
    pub const fn is_production(self) -> bool {
        matches!(self, Self::Production)
    }
}

/// Whether what goes on without a request goes on in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum WorkersHere {
    /// It does.
    #[default]
    On,
    /// Others over the same database do it: webhooks are taken in and left to them, and so is all else that is due.
    Off,
}

impl WorkersHere {
    /// The word of the setting.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For eyes.
    Pretty,
    /// One object a line, for machines.
    Json,
}

impl LogFormat {
    /// The word of the setting.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Json => "json",
        }
    }
}
