// How much are twelve wool hats?
#import <Foundation/Foundation.h>

int main(void) {
    @autoreleasepool {
        NSMutableURLRequest *request = [NSMutableURLRequest requestWithURL:
            [NSURL URLWithString:@"https://prodworthystorefront.supabase.co/functions/v1/quote"]];
        request.HTTPMethod = @"POST";
        [request setValue:@"application/json" forHTTPHeaderField:@"content-type"];
        request.HTTPBody = [NSJSONSerialization
            dataWithJSONObject:@{ @"sku": @"HW-101", @"quantity": @12 } options:0 error:nil];

        dispatch_semaphore_t done = dispatch_semaphore_create(0);
        [[NSURLSession.sharedSession dataTaskWithRequest:request
            completionHandler:^(NSData *data, NSURLResponse *response, NSError *error) {
                NSLog(@"%@", [[NSString alloc] initWithData:data encoding:NSUTF8StringEncoding]);
                dispatch_semaphore_signal(done);
            }] resume];
        dispatch_semaphore_wait(done, DISPATCH_TIME_FOREVER);
    }
    return 0;
}
