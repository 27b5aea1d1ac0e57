//! The three kinds of customer that transactions are drawn for.

use super::pcg::Pcg;

/// Share of borderline transactions among the references' frauds.
pub(crate) const REFERENCE_BORDERLINE_SHARE: f64 = 0.10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Legit,
    Fraud,
    Borderline,
}

impl Profile {
    pub(crate) fn draw(pcg: &mut Pcg, fraud_ratio: f64, borderline_share: f64) -> Self {
        let unit = pcg.unit();
        if unit < 1.0 - fraud_ratio {
            Self::Legit
        } else if unit < 1.0 - fraud_ratio * borderline_share {
            Self::Fraud
        } else {
            Self::Borderline
        }
    }

    pub(crate) fn habits(self) -> &'static Habits {
        match self {
            Self::Legit => &LEGIT,
            Self::Fraud => &FRAUD,
            Self::Borderline => &BORDERLINE,
        }
    }
}

/// The ranges one profile draws from. Integer ranges exclude their upper end.
#[derive(Debug)]
pub(crate) struct Habits {
    pub(crate) amount: (f64, f64),
    pub(crate) installments: (u32, u32),
    pub(crate) hour: (u32, u32),
    pub(crate) customer_avg: CustomerAverage,
    pub(crate) tx_count_24h: (u32, u32),
    pub(crate) merchant: MerchantChoice,
    pub(crate) mccs: &'static [&'static str],
    pub(crate) merchant_avg: (f64, f64),
    pub(crate) online_chance: f64,
    pub(crate) km_from_home: (f64, f64),
    pub(crate) minutes_back: (u32, u32),
    pub(crate) last_km: (f64, f64),
}

#[derive(Debug)]
pub(crate) enum CustomerAverage {
    Between(f64, f64),
    /// From amount / divisor to amount * factor.
    OfAmount {
        divisor: f64,
        factor: f64,
    },
}

#[derive(Debug)]
pub(crate) enum MerchantChoice {
    Known,
    Stranger((u32, u32)),
    /// One more draw decides between the two, with equal chances.
    KnownOrStranger((u32, u32)),
}

const LEGIT: Habits = Habits {
    amount: (10.0, 500.0),
    installments: (1, 4),
    hour: (8, 21),
    customer_avg: CustomerAverage::OfAmount { divisor: 0.5, factor: 2.0 },
    tx_count_24h: (1, 6),
    merchant: MerchantChoice::Known,
    mccs: &["5411", "5812", "5912", "5311"],
    merchant_avg: (30.0, 500.0),
    online_chance: 0.3,
    km_from_home: (0.0, 50.0),
    minutes_back: (30, 720),
    last_km: (0.0, 20.0),
};

const FRAUD: Habits = Habits {
    amount: (2000.0, 10_000.0),
    installments: (6, 13),
    hour: (0, 7),
    customer_avg: CustomerAverage::Between(50.0, 300.0),
    tx_count_24h: (8, 21),
    merchant: MerchantChoice::Stranger((50, 100)),
    mccs: &["7995", "7801", "7802"],
    merchant_avg: (20.0, 100.0),
    online_chance: 0.8,
    km_from_home: (200.0, 1000.0),
    minutes_back: (1, 10),
    last_km: (200.0, 1000.0),
};

const BORDERLINE: Habits = Habits {
    amount: (400.0, 3000.0),
    installments: (3, 8),
    hour: (6, 23),
    customer_avg: CustomerAverage::Between(100.0, 500.0),
    tx_count_24h: (4, 12),
    merchant: MerchantChoice::KnownOrStranger((30, 60)),
    // every code of the contest's risk table, in the order of its file
    mccs: &["5411", "5812", "5912", "5944", "7801", "7802", "7995", "4511", "5311", "5999"],
    merchant_avg: (50.0, 300.0),
    online_chance: 0.5,
    km_from_home: (30.0, 400.0),
    minutes_back: (5, 120),
    last_km: (20.0, 300.0),
};
