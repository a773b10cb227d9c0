#[automatically_derived]
impl ::my_spandrel::__private::labels::LabelValue for State {
    #[inline]
    fn label(&self) -> ::my_spandrel::__private::labels::LabelRef<'_> {
        ::my_spandrel::__private::labels::text(
            match *self {
                Self::InTransit { .. } => "in_transit",
                Self::Delivered { .. } => "done",
            },
        )
    }
}
