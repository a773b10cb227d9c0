async fn charge(&self, id: u64) -> Result<u64, Error> {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&PROVIDER);
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __run = ::spandrel::__private::begin!(Run, __site, & (PROVIDER));
    let mut __last = ::spandrel::__private::resilience::Last::NONE;
    let __value = loop {
        let __ended = __run
            .hedged(
                || async {
                    if false {
                        return ::spandrel::__private::output::<Result<u64, Error>>();
                    }
                    { self.call(id).await }
                },
                |__ended| ::spandrel::__private::resilience::judge!(__run, * __ended),
            )
            .await;
        ::spandrel::__private::resilience::settle!(awaits, __run, __ended, last = __last)
    };
    ::spandrel::__private::resilience::rejectable::<Result<u64, Error>>(__value)
}
