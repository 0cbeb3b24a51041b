"""The Python example of the service's document (server-side access), made runnable: the official SDK, real photographs.

    PYTHONPATH=SDK python3 document.py v20180919|v20190521 http|https ENDPOINT KEY_ID SECRET REF.jpg AUTH.jpg [CA.pem]

Changed against the document: endpoint, key, photographs, and, since newer SDKs speak https unless told otherwise, the
protocol. Three requests on one client. Prints a line for each: the answer, or the code, the HTTP status and the request id of
the exception that the SDK raised.
"""
import base64
import importlib
import sys

from aliyunsdkcore import client
from aliyunsdkcore.acs_exception.exceptions import ServerException

version, protocol, endpoint, key_id, secret, ref, auth = sys.argv[1:8]
# The SDK compares the protocol by identity (`is`): only a literal is "https" to it, an argument of the same letters is http.
protocol = "https" if protocol == "https" else "http"
ExecuteRequestRequest = importlib.import_module("aliyunsdksaf.request.%s.ExecuteRequestRequest" % version)
trust = {"verify": sys.argv[8]} if len(sys.argv) > 8 else {}
clt = client.AcsClient(key_id, secret, "cn-shanghai", **trust)


def photo(path):
    with open(path, "rb") as f:
        return base64.b64encode(f.read()).decode()


for _ in range(3):
    request = ExecuteRequestRequest.ExecuteRequestRequest()
    request.set_endpoint(endpoint)
    request.set_protocol_type(protocol)
    request.set_accept_format("json")
    request.set_version("2019-05-21")

    request.add_query_param("Service", "intl_face_verify")
    request.add_query_param(
        "ServiceParameters",
        '{"authFaceContent": "%s","resourceCode": "00840000","refFaceContent": "%s"}' % (photo(auth), photo(ref)),
    )

    try:
        response = clt.do_action_with_exception(request)
        print(response.decode())
    except ServerException as e:
        print(e.get_error_code(), e.get_http_status(), e.get_request_id())
