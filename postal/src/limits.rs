//! Every limit of this crate, with its reason. The limits of requests and batches are the server's.

/// Bytes of a rate table: twenty years of a national tariff fit, a hostile file does not hurt.
pub const RATE_TABLE_BYTES_MAX: usize = 256 * 1024;

/// Periods of a rate table: two price changes a year for thirty years.
pub const RATE_PERIODS_MAX: usize = 60;

/// Rates of one period: a dozen classes and shapes by nine zones.
pub const RATES_PER_PERIOD_MAX: usize = 128;

/// Classes of a rate table: a post has fewer than ten.
pub const RATE_CLASSES_MAX: usize = 16;

/// Services of one period, and its surcharges: a post has some dozen.
pub const RATE_SERVICES_MAX: usize = 64;

/// Price groups of one period: a post has about twenty.
pub const RATE_GROUPS_MAX: usize = 64;

/// Countries of one group: ISO 3166 has 249.
pub const RATE_COUNTRIES_MAX: usize = 300;

/// Bands of a fee by value: up to 50,000 dollars by the thousand, with some to spare.
pub const RATE_BANDS_MAX: usize = 64;

/// Characters of a code in a rate table: a word that people type.
pub const RATE_CODE_CHARS_MAX: usize = 32;

/// Weight steps of one rate: 70 pounds by the pound.
pub const RATE_STEPS_MAX: usize = 70;

/// Characters of a title, description or source in a rate table: one printed line.
pub const RATE_TEXT_CHARS_MAX: usize = 160;

/// Highest price in mills: the `value` field of the postage payload is a u32.
pub const PRICE_MILLS_MAX: u64 = u32::MAX as u64;

/// Highest weight in hundredths of an ounce: 70 pounds, above which the post takes no piece at all.
pub const OUNCES_HUNDREDTHS_MAX: u32 = 70 * 16 * 100;

/// Fewest lines of an address: a name or street, and the line with city, state and ZIP.
pub const ADDRESS_LINES_MIN: usize = 2;

/// Most lines of an address: what fits the address block of a #10 envelope.
pub const ADDRESS_LINES_MAX: usize = 7;

/// Most characters (Unicode scalar values) of an address line after trimming.
pub const ADDRESS_LINE_CHARS_MAX: usize = 64;

/// Highest serial number of an international identifier (UPU S10): eight digits.
pub const S10_SERIAL_MAX: u32 = 99_999_999;

/// Highest barcode identifier of an Intelligent Mail barcode: two digits, the second at most 4.
pub const IMB_BARCODE_ID_MAX: u8 = 94;

/// Highest service type of an Intelligent Mail barcode or a package barcode: three digits.
pub const IMB_SERVICE_TYPE_MAX: u16 = 999;

/// Symbol characters of a Code 128 between start and check: a GS1-128 symbol ends at 48 characters of data,
/// and each has one code set character before it at worst.
pub const CODE128_CHARACTERS_MAX: usize = 96;

/// Highest exponent of ten, up or down, in a scale's report: a count of grams needs three at most, so more
/// is no scale of ours.
pub const SCALE_EXPONENT_MAX: u8 = 9;

// An address must leave room for at least one line above the city line.
const _: () = assert!(ADDRESS_LINES_MIN >= 2 && ADDRESS_LINES_MIN < ADDRESS_LINES_MAX);
// The heaviest piece in milligrams fits a u32.
const _: () = assert!((OUNCES_HUNDREDTHS_MAX as u64) * 284 <= u32::MAX as u64);

/// Places that are named as what a doubtful last line may mean: what a person reads at a glance.
pub const CANDIDATES_MAX: usize = 8;

/// Names of cities or countries that are named as near to an unknown one: as above, and shorter.
pub const NEAR_NAMES_MAX: usize = 5;
