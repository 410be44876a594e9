/** What is in an item, as a CycloneDX 1.6 bill of materials. The same item gives the same bytes: no serial number, the recipe's time. Pure. */
import { Enums, Models, Serialize, SPDX, Spec } from '@cyclonedx/cyclonedx-library';
import type { Part } from '../content/content-type.ts';

const COMPONENT_TYPE: Readonly<Record<Part['type'], Enums.ComponentType>> = {
  file: Enums.ComponentType.File,
  library: Enums.ComponentType.Library,
  container: Enums.ComponentType.Container,
  'operating-system': Enums.ComponentType.OperatingSystem,
};

export interface SbomSubject {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly licence: string;
  /** RFC 3339. */
  readonly created: string;
}

export function sbomBytes(subject: SbomSubject, parts: readonly Part[]): Buffer {
  const bom = new Models.Bom();
  bom.metadata.timestamp = new Date(subject.created);
  bom.metadata.component = new Models.Component(Enums.ComponentType.Data, subject.name, {
    version: subject.version,
    bomRef: 'subject',
    ...(subject.description === undefined ? {} : { description: subject.description }),
    licenses: licencesOf(subject.licence),
  });
  for (const [index, part] of parts.entries()) {
    const { name, version, licence, purl, sha256 } = part;
    bom.components.add(
      new Models.Component(COMPONENT_TYPE[part.type], name, {
        bomRef: `part-${index}`,
        ...(version === undefined ? {} : { version }),
        ...(licence === undefined ? {} : { licenses: licencesOf(licence) }),
        ...(purl === undefined ? {} : { purl }),
        ...(sha256 === undefined
          ? {}
          : { hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]]) }),
      }),
    );
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return Buffer.from(serializer.serialize(bom, { sortLists: true }), 'utf8');
}

function licencesOf(licence: string): Models.LicenseRepository {
  if (SPDX.isSupportedSpdxId(licence)) return new Models.LicenseRepository([new Models.SpdxLicense(licence)]);
  if (/ (?:AND|OR|WITH) /.test(licence)) {
    return new Models.LicenseRepository([new Models.LicenseExpression(licence)]);
  }
  return new Models.LicenseRepository([new Models.NamedLicense(licence)]);
}
