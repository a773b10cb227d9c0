fn charge<'a>(
    &'a self,
    id: u64,
) -> Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>> {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .retry(::spandrel::__private::resilience::Retry::new("").max_attempts(3));
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    Box::pin(async move {
        if let Some(__ret) = None::<Result<u64, Error>> {
            return __ret;
        }
        let __self = self;
        let id = id;
        let mut __run = ::spandrel::__private::begin!(Run Only, __site, __policy, RETRY);
        let __value = loop {
            let __ended = __run
                .attempt(async {
                    if false {
                        return ::spandrel::__private::output::<Result<u64, Error>>();
                    }
                    {
                        let __ret: Result<u64, Error> = { __self.call(id).await };
                        __ret
                    }
                })
                .await;
            ::spandrel::__private::resilience::settle!(awaits, __run, __ended)
        };
        ::spandrel::__private::resilience::accepted::<Result<u64, Error>>(__value)
    })
}
