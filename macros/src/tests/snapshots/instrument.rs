fn charge(id: u64, order: &Order) {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .instrument(
                ::spandrel::__private::Traced::new()
                    .name("charge")
                    .fields(&::spandrel::__private::Field::list(["id", "order"])),
                ::spandrel::__private::instrument::REFLECTION,
            );
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __call = ::spandrel::__private::Call::off();
    __call
        .begin(
            __site,
            |__fields| {
                __fields
                    .write(|__writer| {
                        ::spandrel::__private::instrument::field!(__writer, 0, & id);
                        __writer.debug(1, &order);
                    })
            },
        );
    let __result = ::spandrel::__private::call_once::<
        (),
        _,
    >(move || {
        call(id, order);
    });
    ::spandrel::__private::look!(__call, __result, none);
    __call.finish();
    __result
}
