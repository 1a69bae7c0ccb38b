"""Certificates of a cloud that is not there: authorities, servers of any name, clients' keys."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOUR = datetime.timedelta(hours=1)
OLD = datetime.timedelta(days=30)  # what is not made for the moment exists for long


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def _name(common_name):
    if not common_name:
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "nobody")])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def pem_of(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class Authority:
    """A CA with `pem`; `shift` moves the times of all that it makes."""

    def __init__(self, name, shift=datetime.timedelta(0)):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(name)
        self.shift = shift
        self.certificate = self._build(self.name, self.key.public_key(), 24 * HOUR, ca=True)
        self.pem = pem_of(self.certificate)

    def _build(self, subject, public_key, life, names=(), ca=False, age=OLD):
        start = now() + self.shift
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
                   .public_key(public_key).serial_number(x509.random_serial_number())
                   .not_valid_before(start - age).not_valid_after(start + life)
                   .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def server(self, folder, common_name, dns_names=(), addresses=()):
        """The path of a file with certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name) for name in dns_names]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        certificate = self._build(_name(common_name), key.public_key(), 24 * HOUR, names)
        path = folder / f"server-{certificate.serial_number:x}.pem"
        private = key.private_bytes(serialization.Encoding.PEM,
                                    serialization.PrivateFormat.PKCS8,
                                    serialization.NoEncryption()).decode()
        path.write_text(pem_of(certificate) + private)
        return path

    def client(self, public_pem, life):
        """A certificate for the key of somebody else."""
        key = serialization.load_pem_public_key(public_pem.encode())
        return self._build(_name("client"), key, life, age=HOUR / 60)
