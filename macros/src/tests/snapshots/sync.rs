fn charge(id: u64) -> Result<u64, Error> {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .traced(::spandrel::__private::Traced::new());
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __call = ::spandrel::__private::Call::off();
    __call.begin(__site, |__fields| __fields.none());
    let __result = ::spandrel::__private::call_once::<
        Result<u64, Error>,
        _,
    >(move || {
        call(id)?;
        Ok(id)
    });
    ::spandrel::__private::look!(__call, __result);
    __call.finish();
    __result
}
