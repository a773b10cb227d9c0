fn charge(id: u64) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .traced(::spandrel::__private::Traced::new());
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let id = id + 1;
    Box::pin(async move {
        ::spandrel::__private::AsyncCall::start(__site, |__fields| __fields.none())
            .run(
                async move {
                    if false {
                        return ::spandrel::__private::output::<u8>();
                    }
                    { call(id).await }
                },
                |__call, __result| {
                    ::spandrel::__private::look!(__call, * __result);
                },
            )
            .await
    })
}
