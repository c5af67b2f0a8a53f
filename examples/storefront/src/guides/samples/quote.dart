// How much are twelve wool hats?
import 'dart:convert';
import 'package:http/http.dart' as http;

Future<void> main() async {
  final response = await http.post(
    Uri.parse('https://prodworthystorefront.supabase.co/functions/v1/quote'),
    headers: {'content-type': 'application/json'},
    body: jsonEncode({'sku': 'HW-101', 'quantity': 12}),
  );
  final answer = jsonDecode(response.body) as Map<String, dynamic>;
  print('${answer['total_cents'] / 100} ${answer['currency']}');
}
