fn rows(table: u8) -> impl Stream<Item = u8> {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("rows", 0),
            )
            .traced(::spandrel::__private::Traced::new());
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    ::spandrel::__private::stream!(
        ::spandrel::__private::AsyncCall::start(__site, | __fields | __fields.none()), ||
        ::spandrel::__private::call_once:: < _, _ > (move || { scan(table) }), | __call,
        __result | { ::spandrel::__private::look!(__call, * __result); }
    )
}
