//! Questions from the network, answers to it.

use std::sync::{Arc, RwLock};

use hickory_proto::{
    op::{Edns, MessageType, Metadata, OpCode, ResponseCode},
    rr::RecordType,
};
use hickory_server::{
    net::runtime::Time,
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::MessageResponseBuilder,
};

use crate::{answer::Answer, world::World};

/// What fits into one packet on every path (dnsflagday.net 2020).
const LARGEST_UDP: u16 = 1232;

/// The zones as they stand; a reload replaces them whole.
pub struct Resolver {
    world: Arc<RwLock<Arc<World>>>,
}

impl Resolver {
    pub fn new(world: Arc<RwLock<Arc<World>>>) -> Self {
        Self { world }
    }

    fn answer(&self, request: &Request, with_proof: bool) -> Answer {
        if request.metadata.message_type != MessageType::Query {
            return Answer::empty(ResponseCode::FormErr);
        }
        if request.metadata.op_code != OpCode::Query {
            return Answer::empty(ResponseCode::NotImp);
        }
        let Ok(info) = request.request_info() else {
            return Answer::empty(ResponseCode::FormErr);
        };
        let kind = info.query.query_type();
        if matches!(kind, RecordType::ANY | RecordType::AXFR | RecordType::IXFR) {
            return Answer::empty(ResponseCode::Refused);
        }
        let world = self
            .world
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone();
        Answer::to(&world, info.query.name(), kind, with_proof)
    }
}

/// Ours in answer to theirs (RFC 6891 6.1.1).
fn edns_for(theirs: &Edns) -> Edns {
    let mut ours = Edns::new();
    ours.set_dnssec_ok(theirs.flags().dnssec_ok);
    ours.set_max_payload(theirs.max_payload().clamp(512, LARGEST_UDP));
    ours.set_version(0);
    ours
}

#[async_trait::async_trait]
impl RequestHandler for Resolver {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response_handle: R,
    ) -> ResponseInfo {
        let edns = request.edns.as_ref().map(edns_for);
        let with_proof = edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok);
        let answer = self.answer(request, with_proof);
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.recursion_available = true;
        metadata.response_code = answer.code;
        let response = MessageResponseBuilder::new(&request.queries, edns.as_ref()).build(
            metadata,
            answer.answers.iter(),
            answer.authorities.iter(),
            [],
            [],
        );
        match response_handle.send_response(response).await {
            Ok(info) => info,
            Err(error) => {
                eprintln!("demo-dns: an answer could not be sent: {error}");
                hickory_proto::op::Header {
                    metadata,
                    counts: Default::default(),
                }
                .into()
            }
        }
    }
}
