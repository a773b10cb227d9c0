fn serve(port: u16) -> ! {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("serve", 0),
            )
            .timed(
                ::spandrel::__private::metered!(
                    ::spandrel::__private::Metered::new(& []).labels(& ["port"])
                ),
            );
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __guard = ::spandrel::__private::Measured::guard(__site);
    __guard.labels(__site, |__labels| __labels.find([&(port)]));
    { loop {} }
}
