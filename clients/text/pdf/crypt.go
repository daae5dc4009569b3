package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// crypt decrypts a file that opens with the empty password, because its author only
// restricted it (7.6). It guesses no password and asks for none.
type crypt struct {
	key     []byte
	method  name // of streams and strings: V2 (RC4), AESV2, AESV3, Identity
	plainID int  // number of the encryption dictionary, never encrypted itself
}

// padding completes a password (7.6.3.3, algorithm 2).
const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

// unlock prepares decryption, if the file is encrypted.
func (f *file) unlock() error {
	e := f.dict(f.trailer["Encrypt"])
	if e == nil {
		return nil
	}
	if f.name(e["Filter"]) != "Standard" {
		return ErrProtected
	}
	c := &crypt{method: "V2"}
	if r, ok := f.trailer["Encrypt"].(ref); ok {
		c.plainID = r.number
	}
	length := 5
	if n := f.int(e["Length"]) / 8; n >= 5 && n <= 16 {
		length = n
	}
	switch f.int(e["V"]) {
	case 1:
		length = 5
	case 2:
	case 4, 5:
		filters := f.dict(e["CF"])
		c.method = "Identity"
		if used := f.name(e["StmF"]); used != "Identity" {
			c.method = f.name(f.dict(filters[used])["CFM"])
		}
		length = 16
	default:
		return ErrProtected
	}
	bytesOf := func(key name) []byte {
		s, _ := f.get(e[key]).(text)
		return []byte(s)
	}
	if f.int(e["R"]) >= 5 {
		c.key = fileKey256(bytesOf("U"), bytesOf("UE"), f.int(e["R"]))
	} else {
		c.key = f.fileKey(e, bytesOf("O"), bytesOf("U"), length)
	}
	if c.key == nil {
		return ErrProtected
	}
	f.crypt = c
	clear(f.cache)
	return nil
}

// fileKey is the key of revisions 2 to 4 (algorithms 2, 4 and 5), nil when the
// empty password does not open the file.
func (f *file) fileKey(e dict, owner, user []byte, length int) []byte {
	if len(owner) < 32 || len(user) < 16 {
		return nil
	}
	var id []byte
	if ids := f.array(f.trailer["ID"]); len(ids) > 0 {
		s, _ := f.get(ids[0]).(text)
		id = []byte(s)
	}
	revision := f.int(e["R"])
	h := md5.New()
	h.Write([]byte(padding))
	h.Write(owner[:32])
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(int32(f.int(e["P"])))))
	h.Write(id)
	if plain, said := f.get(e["EncryptMetadata"]).(bool); revision >= 4 && said && !plain {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)
	if revision >= 3 {
		for range 50 {
			sum := md5.Sum(key[:length])
			key = sum[:]
		}
	}
	key = key[:length]
	check := []byte(padding)
	if revision >= 3 {
		sum := md5.Sum(append([]byte(padding), id...))
		check = sum[:]
		for i := range 20 {
			mixed := make([]byte, len(key))
			for j := range key {
				mixed[j] = key[j] ^ byte(i)
			}
			check = rc4With(mixed, check)
		}
		user = user[:16]
	} else {
		check = rc4With(key, check)
		user = user[:min(len(user), 32)]
	}
	if !bytes.Equal(check, user) {
		return nil
	}
	return key
}

// fileKey256 is the key of revisions 5 and 6 (ISO 32000-2, 7.6.4.3.3).
func fileKey256(user, userKey []byte, revision int) []byte {
	if len(user) < 48 || len(userKey) < 32 {
		return nil
	}
	sum := func(salt []byte) []byte {
		s := sha256.Sum256(salt)
		if revision == 5 {
			return s[:]
		}
		return hash2B(s[:])
	}
	if !bytes.Equal(sum(user[32:40]), user[:32]) {
		return nil
	}
	block, err := aes.NewCipher(sum(user[40:48]))
	if err != nil {
		return nil
	}
	key := make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(key, userKey[:32])
	return key
}

// hash2B is algorithm 2.B of ISO 32000-2 for the empty password.
func hash2B(k []byte) []byte {
	for round := 0; ; round++ {
		repeated := bytes.Repeat(k, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		out := make([]byte, len(repeated))
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(out, repeated)
		mod := 0
		for _, b := range out[:16] {
			mod += int(b) // 256 is 1 modulo 3
		}
		switch mod % 3 {
		case 0:
			s := sha256.Sum256(out)
			k = s[:]
		case 1:
			s := sha512.Sum384(out)
			k = s[:]
		default:
			s := sha512.Sum512(out)
			k = s[:]
		}
		if round >= 63 && int(out[len(out)-1]) <= round-31 {
			return k[:32]
		}
	}
}

func rc4With(key, data []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return data
	}
	out := make([]byte, len(data))
	c.XORKeyStream(out, data)
	return out
}

// decrypt decrypts one string or stream of an object (algorithm 1).
func (c *crypt) decrypt(data []byte, number, gen int) []byte {
	key := c.key
	if c.method != "AESV3" {
		key = append(bytes.Clone(c.key), byte(number), byte(number>>8), byte(number>>16), byte(gen), byte(gen>>8))
		if c.method == "AESV2" {
			key = append(key, "sAlT"...)
		}
		sum := md5.Sum(key)
		key = sum[:min(len(c.key)+5, 16)]
	}
	switch c.method {
	case "V2":
		return rc4With(key, data)
	case "AESV2", "AESV3":
		if len(data) < 32 || len(data)%16 != 0 {
			return nil
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil
		}
		out := make([]byte, len(data)-16)
		cipher.NewCBCDecrypter(block, data[:16]).CryptBlocks(out, data[16:])
		if pad := int(out[len(out)-1]); pad >= 1 && pad <= 16 {
			out = out[:len(out)-pad]
		}
		return out
	}
	return data
}

func (c *crypt) stream(data []byte, s stream) []byte {
	if s.number == 0 {
		return data
	}
	return c.decrypt(data, s.number, s.gen)
}

// strings decrypts the strings of a separate object; those in an object stream are
// decrypted with the stream.
func (c *crypt) strings(v any, number, gen int) any {
	if number == c.plainID {
		return v
	}
	switch v := v.(type) {
	case text:
		return text(c.decrypt([]byte(v), number, gen))
	case array:
		for i := range v {
			v[i] = c.strings(v[i], number, gen)
		}
	case dict:
		for key := range v {
			v[key] = c.strings(v[key], number, gen)
		}
	case stream:
		c.strings(v.dict, number, gen)
	}
	return v
}
