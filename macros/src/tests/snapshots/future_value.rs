fn charge() -> impl Future<Output = u8> {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .traced(::spandrel::__private::Traced::new());
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let __call = ::spandrel::__private::AsyncCall::start(
        __site,
        |__fields| __fields.none(),
    );
    let __future = ::spandrel::__private::call_once::<_, _>(move || { ready(1) });
    __call
        .run(
            __future,
            |__call, __result| {
                ::spandrel::__private::look!(__call, * __result);
            },
        )
}
