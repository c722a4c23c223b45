// The other side of an AS2 exchange, played by libas2: one JSON request on the standard input, one answer on the output.
//   send     {key, cert, partnerCert, content, encrypt, sign, mdn}  -> {headers, body}
//   receive  {key, cert, partnerCert, decrypt, headers, body}       -> {content, headers, body} (its receipt)
//   receipt  {partnerCert, headers, body}                           -> {messageId, processed, mic}
// Bodies and contents are base64; headers are [name, value].
const { AS2Composer, AS2Parser } = require('libas2')

const OURS = { name: 'Werk Ulm', id: 'WERK-ULM', url: 'http://127.0.0.1/as2' }
const THEIRS = { name: 'Nordwind', id: 'nordwind-edi', url: 'http://127.0.0.1/mdn' }

function agreement(asked) {
  return {
    host: { ...THEIRS, certificate: asked.cert, privateKey: asked.key, decrypt: asked.decrypt, sign: asked.sign,
      mdn: { signing: asked.mdn || 'sha-256' } },
    partner: { ...OURS, certificate: asked.partnerCert, encrypt: asked.encrypt, verify: true, file: 'EDIFACT',
      mdn: { signing: 'sha-256' } }
  }
}

// As bytes, header and body apart at the first blank line: its own `buildObject` reads bytes as UTF-8.
async function built(node) {
  const whole = await node.build()
  const at = whole.indexOf('\r\n\r\n')
  const lines = whole.subarray(0, at).toString('latin1').replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = lines.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  return { headers, body: whole.subarray(at + 4).toString('base64') }
}

function parsed(asked) {
  const head = asked.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return AS2Parser.parse(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), Buffer.from(asked.body, 'base64')]))
}

const VERBS = {
  async send(asked) {
    const message = { content: Buffer.from(asked.content, 'base64'), contentType: 'application/edifact',
      filename: 'orders.edi', contentDisposition: 'attachment' }
    return built(await new AS2Composer({ message, agreement: agreement(asked) }).compile())
  },
  async receive(asked) {
    const node = await parsed(asked)
    const { contentNode, dispositionNode, disposition } = await node.dispositionOut({ agreement: agreement(asked) })
    const content = !disposition.notification.disposition.processed ? null : Buffer.from(contentNode.content).toString('base64')
    return { content, ...(await built(dispositionNode)) }
  },
  async receipt(asked) {
    const { notification } = await (await parsed(asked)).dispositionIn({ cert: asked.partnerCert })
    return { messageId: notification.originalMessageId, processed: notification.disposition.processed,
      mic: notification.receivedContentMic }
  }
}

const chunks = []
process.stdin.on('data', chunk => chunks.push(chunk))
process.stdin.on('end', async () => {
  const asked = JSON.parse(Buffer.concat(chunks))
  process.stdout.write(JSON.stringify(await VERBS[asked.verb](asked)))
})
