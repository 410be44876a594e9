/**
 * An organization's own SAML 2.0 identity provider: `samlify`, another hand's implementation. It reads our metadata and requests, and signs
 * whatever a test gives it to sign. Tests only.
 */
import { webcrypto } from 'node:crypto';
import * as samlify from 'samlify';
import * as x509 from '../../../certificates/x509.ts';

const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const SHA1 = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1';

// What it may be sent is checked by those who send it.
samlify.setSchemaValidator({ validate: async () => 'not validated' });

export interface Assertion {
  readonly nameId?: string;
  readonly format?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly recipient?: string;
  readonly destination?: string;
  readonly inResponseTo: string;
  /** Of the confirmation, if it is another. */
  readonly confirms?: string;
  readonly method?: string;
  readonly now_ms?: number;
  readonly notBefore_ms?: number;
  readonly notOnOrAfter_ms?: number;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  /** Parts to leave out: `Conditions`, `AudienceRestriction`, `AuthnStatement`, `Subject`. */
  readonly without?: readonly string[];
}

export interface Signing {
  readonly assertion?: boolean;
  readonly response?: boolean;
  readonly sha1?: boolean;
}

export interface SamlIdp {
  readonly entityId: string;
  readonly ssoUrl: string;
  readonly certificate: string;
  /** The ID of our request, as it reads it from where the browser was sent. */
  requestId(location: string): Promise<string>;
  /** The XML of a response, unsigned. */
  response(assertion: Assertion): string;
  /** Signs XML; gives XML. */
  sign(xml: string, signing?: Signing): Promise<string>;
}

export const encoded = (xml: string): string => Buffer.from(xml, 'utf8').toString('base64');

const LIFE_MS = 300_000;

async function keyPair() {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=identity provider of tests',
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2049-12-31'),
      signingAlgorithm: ALGORITHM,
      keys,
    },
    webcrypto as Crypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----`,
  };
}

/** `metadata`: ours, as a service provider. */
export async function samlIdp(entityId: string, metadata: string, acs: string): Promise<SamlIdp> {
  const { certificate, key } = await keyPair();
  const ssoUrl = `${entityId}/sso`;
  const idpFor = ({ response = false, sha1 = false }: Signing) =>
    samlify.IdentityProvider({
      entityID: entityId,
      signingCert: certificate,
      privateKey: key,
      wantAuthnRequestsSigned: false,
      messageSigningOrder: 'sign-then-encrypt',
      requestSignatureAlgorithm: sha1 ? SHA1 : SHA256,
      singleSignOnService: [
        { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: ssoUrl },
      ],
      singleLogoutService: [
        { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: `${entityId}/slo` },
      ],
      loginResponseTemplate: { context: '<unused/>', attributes: [] },
      ...(response ? { wantMessageSigned: true } : {}),
    } as Parameters<typeof samlify.IdentityProvider>[0]);
  const spFor = ({ assertion = true, response = false }: Signing) =>
    samlify.ServiceProvider({
      entityID: 'unused',
      authnRequestsSigned: false,
      wantAssertionsSigned: assertion,
      wantMessageSigned: response,
      assertionConsumerService: [
        { Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: acs },
      ],
    });
  return {
    entityId,
    ssoUrl,
    certificate,
    async requestId(location) {
      const query = Object.fromEntries(new URL(location).searchParams);
      const sp = samlify.ServiceProvider({ metadata });
      const { extract } = await idpFor({}).parseLoginRequest(sp, 'redirect', { query });
      return String(extract.request?.id);
    },
    response(assertion) {
      const {
        nameId = 'alice-subject',
        format = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
        issuer = entityId,
        audience = metadata.match(/entityID="([^"]*)"/)?.[1] ?? '',
        recipient = acs,
        destination = acs,
        inResponseTo,
        confirms = inResponseTo,
        method = 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
        now_ms = Date.now(),
        notBefore_ms = now_ms - 1_000,
        notOnOrAfter_ms = now_ms + LIFE_MS,
        attributes = {},
        without = [],
      } = assertion;
      const time = (ms: number) => new Date(ms).toISOString();
      const part = (name: string, xml: string) => (without.includes(name) ? '' : xml);
      const values = Object.entries(attributes).map(
        ([name, texts]) =>
          `<saml:Attribute Name="${name}">${texts.map((text) => `<saml:AttributeValue>${text}</saml:AttributeValue>`).join('')}</saml:Attribute>`,
      );
      return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="${time(now_ms)}" Destination="${destination}" InResponseTo="${inResponseTo}"><saml:Issuer>${issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" Version="2.0" IssueInstant="${time(now_ms)}"><saml:Issuer>${issuer}</saml:Issuer>${part('Subject', `<saml:Subject><saml:NameID Format="${format}">${nameId}</saml:NameID><saml:SubjectConfirmation Method="${method}"><saml:SubjectConfirmationData NotOnOrAfter="${time(notOnOrAfter_ms)}" Recipient="${recipient}" InResponseTo="${confirms}"/></saml:SubjectConfirmation></saml:Subject>`)}${part('Conditions', `<saml:Conditions NotBefore="${time(notBefore_ms)}" NotOnOrAfter="${time(notOnOrAfter_ms)}">${part('AudienceRestriction', `<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`)}</saml:Conditions>`)}${part('AuthnStatement', `<saml:AuthnStatement AuthnInstant="${time(now_ms)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`)}${values.length === 0 ? '' : `<saml:AttributeStatement>${values.join('')}</saml:AttributeStatement>`}</saml:Assertion></samlp:Response>`;
    },
    async sign(xml, signing = {}) {
      const request = { extract: { request: { id: 'unused' } } };
      const replaced = () => ({ id: '_response', context: xml });
      const made = await idpFor(signing).createLoginResponse(spFor(signing), request, 'post', {}, replaced);
      return Buffer.from(made.context, 'base64').toString('utf8');
    },
  };
}
