use spandrel::resilience::Classify;

#[derive(Classify)]
enum PayError {
    Declined,
    #[classify(permanet)]
    Broken,
    #[classify(throttled(retry_after = after))]
    Busy,
    #[classify(source)]
    Other(u8, u8),
}

#[derive(Classify)]
#[classify(transient)]
union Bits {
    a: u8,
}

fn main() {}
