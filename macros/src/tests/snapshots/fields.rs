fn charge(id: u64) {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .traced(
                ::spandrel::__private::Traced::new()
                    .kind(::spandrel::__private::SpanKind::Client)
                    .fields(
                        &::spandrel::__private::Field::list(["order.id", "total", "id"]),
                    ),
            );
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __call = ::spandrel::__private::Call::off();
    __call
        .begin(
            __site,
            |__fields| match &(total(id)) {
                __v0 => {
                    __fields
                        .write(|__writer| {
                            __writer.set(0, &id);
                            __writer.set(1, __v0);
                            __writer.debug(2, &id);
                        })
                }
            },
        );
    let __result = ::spandrel::__private::call_once::<
        (),
        _,
    >(move || {
        call(id);
    });
    ::spandrel::__private::look!(__call, __result);
    __call.finish();
    __result
}
