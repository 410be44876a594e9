/** Stands for the types of what the SAML libraries parse XML with, of which we touch nothing. See `paths` in tsconfig.json. */
export {};
