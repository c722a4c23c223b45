"""The house that buys: how Bergmann stands in its profiles, and where its rules differ from those that ship."""

BERGMANN_HERE = """\
id: bergmann
name: Bergmann Antriebe GmbH
kind: supplier
state: active
plan: standard
binding: none
as2:
  theirs: BERGMANN
  ours: WERRA-EDI
  version: "1.2"
  keys: [{{use: [sign, decrypt], name: werra}}]
  receipt_urls: ["{url}"]
  send: {{url: "{url}"}}
edifact:
  theirs: [{{id: "4260001230004", qualifier: "14"}}]
  ours: {{id: "4098765000027", qualifier: "14"}}
identifiers:
  gln: ["4260001230004"]
certificates:
- {{use: [verify, encrypt], file: bergmann.pem}}
agreements:
- name: orders
  document: purchase_order
  direction: out
  channel: as2
  format: edifact:ORDERS:D.96A
  acknowledgements:
  - {{kind: contrl, within: 5m}}
  - {{kind: order_response, within: 4h}}
- name: answers
  document: order_response
  direction: in
  channel: as2
  format: edifact:ORDRSP:D.96A
  acknowledgements:
  - {{kind: contrl, within: 5m}}
contacts:
- email: edi@bergmann.example
  about: technical
"""

BUYERS_ROUTES = """\
kind: routing
rules:
- name: orders-to-suppliers
  why: what our ERP orders goes to the supplier it names, in the order in which it was ordered
  mode: enforce
  senders: [corporate]
  documents: [purchase_order]
  destination: partner:{recipient}
  operation: partner.send
  ordering_key: [document_type]
  when_parked: pass
  flow: business-documents
- name: answers-recorded
  why: what suppliers promise is written down
  mode: enforce
  senders: [partner]
  documents: [order_response]
  destination: recording
  operation: record
  ordering_key: [sender]
  when_parked: pass
  flow: business-documents
"""
BUYERS_OWNERSHIP = """
- name: erp-orders
  why: what we order is ours to say
  mode: enforce
  domain: sales_order
  systems: [erp]
  verbs: [create]
  effect: allow
"""
TRUSTING = "verbs: [update]\n  effect: propose", "verbs: [update]\n  effect: allow"
"""A supplier that repeats the currency of an order changes its terms; here nobody has to approve that."""
BUYERS_ACCESS = {
    "destinations: [odoo]": "destinations: [recording]",
    "corporate\n  documents: [purchase_order]": "corporate\n  documents: [purchase_order, order_response]",
    "documents: [purchase_order, despatch_advice, ack]": "documents: [purchase_order, order_response, ack]",
    "documents: [order_response, despatch_advice, invoice]": "documents: [purchase_order, despatch_advice, invoice]",
}
