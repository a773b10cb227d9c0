#[inline]
fn charge() {
    let __site = {
        #[traced(__witness)]
        const _: () = ::core::compile_error!(
            "`#[traced]` was taken for the one of spandrel, and it is not: import it (`use spandrel::traced;`), or write another crate's attribute under its path"
        );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .traced(::spandrel::__private::Traced::new())
            .counted(
                ::spandrel::__private::metered!(
                    ::spandrel::__private::Metered::new(& [])
                ),
            );
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __call = ::spandrel::__private::Call::off();
    __call.begin(__site, |__fields| __fields.none());
    let __result = ::spandrel::__private::call_once::<(), _>(move || { call() });
    ::spandrel::__private::look!(__call, __result);
    __call.finish();
    __result
}
