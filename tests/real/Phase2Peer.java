import com.helger.as2lib.cert.PredefinedCertificateFactory;
import com.helger.as2lib.client.AS2Client;
import com.helger.as2lib.client.AS2ClientRequest;
import com.helger.as2lib.client.AS2ClientResponse;
import com.helger.as2lib.client.AS2ClientSettings;
import com.helger.as2lib.crypto.ECompressionType;
import com.helger.as2lib.crypto.ECryptoAlgorithmCrypt;
import com.helger.as2lib.crypto.ECryptoAlgorithmSign;
import com.helger.as2lib.message.AS2MessageMDN;
import com.helger.as2lib.partner.Partnership;
import com.helger.as2lib.partner.SelfFillingPartnershipFactory;
import com.helger.as2lib.processor.DefaultMessageProcessor;
import com.helger.as2lib.processor.receiver.AS2ReceiverModule;
import com.helger.as2lib.processor.sender.AsynchMDNSenderModule;
import com.helger.as2lib.processor.storage.MessageFileModule;
import com.helger.as2lib.session.AS2Session;
import com.helger.commons.collection.attr.StringMap;
import com.helger.security.keystore.EKeyStoreType;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/**
 * The partner, played by phase2: `java Phase2Peer.java FOLDER PORT`. FOLDER holds them.key, them.crt and us.crt; what it
 * receives lies in FOLDER/inbox. It says `ready`, then answers each line of tab-separated words on the standard input,
 * `URL ASYNC_URL|- CIPHER|- DIGEST no|before|after FILE`, by `DISPOSITION MIC FAILURE` of what it sent.
 */
public class Phase2Peer {
  private static final String THEM = "nordwind-edi";
  private static final String US = "WERK-ULM";
  private static final String PASSWORD = "only-in-this-test";

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    KeyStore keys = keys(folder);
    listen(folder, keys, arguments[1]);
    System.out.println("ready");
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      AS2ClientResponse answer = send(folder, keys, line.split("\t"));
      String disposition = "-";
      String mic = "-";
      if (answer.hasMDN()) {
        disposition = answer.getMDNDisposition();
        mic = answer.getMDN().attrs().getAsString(AS2MessageMDN.MDNA_MIC);
      }
      String failure = answer.hasException() ? answer.getException().toString() : "-";
      System.out.println(disposition + "\t" + mic + "\t" + failure.replaceAll("\\s+", " "));
    }
    System.exit(0);
  }

  private static KeyStore keys(Path folder) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, PASSWORD.toCharArray());
    String pem = Files.readString(folder.resolve("them.key")).replaceAll("-----[^-]+-----|\\s", "");
    PrivateKey key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    Certificate[] own = {certificate(folder.resolve("them.crt"))};
    keys.setKeyEntry(THEM, key, PASSWORD.toCharArray(), own);
    keys.setCertificateEntry(US, certificate(folder.resolve("us.crt")));
    return keys;
  }

  private static X509Certificate certificate(Path file) throws Exception {
    ByteArrayInputStream content = new ByteArrayInputStream(Files.readAllBytes(file));
    return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(content);
  }

  private static void listen(Path folder, KeyStore keys, String port) throws Exception {
    AS2Session session = new AS2Session();
    session.setCryptoVerifyUseCertificateInBodyPart(false);
    PredefinedCertificateFactory certificates = new PredefinedCertificateFactory(keys);
    StringMap unlocked = new StringMap();
    unlocked.putIn("type", "pkcs12");
    unlocked.putIn("password", PASSWORD);
    certificates.initDynamicComponent(session, unlocked);
    session.setCertificateFactory(certificates);
    SelfFillingPartnershipFactory partnerships = new SelfFillingPartnershipFactory();
    Partnership relation = new Partnership("us-them");
    relation.setSenderAS2ID(US);
    relation.setSenderX509Alias(US);
    relation.setReceiverAS2ID(THEM);
    relation.setReceiverX509Alias(THEM);
    relation.setSigningAlgorithm(ECryptoAlgorithmSign.DIGEST_SHA256); // or its integrity check leaves the header out
    partnerships.initDynamicComponent(session, new StringMap());
    partnerships.addPartnership(relation);
    session.setPartnershipFactory(partnerships);
    DefaultMessageProcessor processor = new DefaultMessageProcessor();
    processor.initDynamicComponent(session, new StringMap());
    session.setMessageProcessor(processor);

    MessageFileModule inbox = new MessageFileModule();
    StringMap where = new StringMap();
    where.putIn("filename", folder.resolve("inbox") + "/$msg.headers.message-id$");
    where.putIn("protocol", "as2");
    where.putIn("tempdir", folder.resolve("temp").toString());
    inbox.initDynamicComponent(session, where);
    processor.addModule(inbox);
    AsynchMDNSenderModule receipts = new AsynchMDNSenderModule();
    receipts.initDynamicComponent(session, new StringMap());
    processor.addModule(receipts);
    AS2ReceiverModule receiver = new AS2ReceiverModule();
    StringMap listening = new StringMap();
    listening.putIn("address", "127.0.0.1");
    listening.putIn("port", port);
    listening.putIn("errordir", folder.resolve("errors").toString());
    listening.putIn("errorformat", "$msg.headers.message-id$");
    listening.putIn("quoteheadervalues", "false");
    receiver.initDynamicComponent(session, listening);
    processor.addModule(receiver);
    processor.startActiveModules();
  }

  private static AS2ClientResponse send(Path folder, KeyStore keys, String[] asked) throws Exception {
    ByteArrayOutputStream store = new ByteArrayOutputStream();
    keys.store(store, PASSWORD.toCharArray());
    AS2ClientSettings settings = new AS2ClientSettings();
    settings.setKeyStore(EKeyStoreType.PKCS12, store.toByteArray(), PASSWORD);
    settings.setSenderData(THEM, "edi@nordwind.example", THEM);
    settings.setReceiverData(US, US, asked[0]);
    settings.setReceiverCertificate((X509Certificate) keys.getCertificate(US));
    settings.setPartnershipName("them-us");
    settings.setQuoteHeaderValues(false);
    if (!asked[1].equals("-")) {
      settings.setAsyncMDNUrl(asked[1]);
    }
    ECryptoAlgorithmCrypt cipher = asked[2].equals("-") ? null : ECryptoAlgorithmCrypt.valueOf(asked[2]);
    settings.setEncryptAndSign(cipher, ECryptoAlgorithmSign.valueOf(asked[3]));
    String digest = asked[3].replaceAll(".*SHA", "sha-");
    settings.setMDNOptions(
        "signed-receipt-protocol=required, pkcs7-signature; signed-receipt-micalg=required, " + digest);
    if (!asked[4].equals("no")) {
      settings.setCompress(ECompressionType.ZLIB, asked[4].equals("before"));
    }
    AS2ClientRequest request = new AS2ClientRequest("orders");
    request.setContentType("application/edifact");
    request.setData(Files.readAllBytes(Path.of(asked[5])));
    request.setFilename("orders.edi");
    return new AS2Client().sendSynchronous(settings, request);
  }
}
