static PROVIDER: Policy = ::my_spandrel::__private::resilience::Policy::new("payments")
    .circuit_breaker(
        ::my_spandrel::__private::resilience::CircuitBreaker::new("payments"),
    );
