fn charge(id: u64) -> u64 {
    ::spandrel::__private::testing::script!();
    { call(id) }
}
